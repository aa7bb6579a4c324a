"""The JSON API of the web booking frontend's contract."""
