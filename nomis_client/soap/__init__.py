"""The SOAP transport: zeep as the codec, the shared HTTP client underneath."""
