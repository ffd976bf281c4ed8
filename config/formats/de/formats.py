DAY = "j. F Y"
DAY_AND_TIME = "j. F Y, H:i"
DAY_OF_YEAR = "j. F"
