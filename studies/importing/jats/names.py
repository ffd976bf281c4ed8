"""Names of attributes that stand in a namespace of their own."""

XLINK = "{http://www.w3.org/1999/xlink}"
XLINK_HREF = f"{XLINK}href"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
