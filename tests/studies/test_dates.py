import pytest

from studies.dates import PartialDate


class TestPartialDate:
    @pytest.mark.parametrize(
        ("text", "words", "month_and_year"),
        [
            ("2011", "2011", "2011"),
            ("2011-02", "February 2011", "February 2011"),
            ("2011-02-14", "14 February 2011", "February 2011"),
        ],
    )
    def test_says_as_much_as_is_known(self, text, words, month_and_year):
        date = PartialDate.parse(text)
        assert (str(date), date.month_and_year, date.iso) == (words, month_and_year, text)

    @pytest.mark.parametrize("parts", [(2011, 13), (2011, 0), (2011, 2, 30), (99,), (2011, None, 3)])
    def test_refuses_a_date_that_cannot_be(self, parts):
        with pytest.raises(ValueError, match="is not"):
            PartialDate(*parts)
