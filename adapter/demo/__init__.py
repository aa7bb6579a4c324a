"""The whole system on one machine; the only product code that imports the fake prison system."""
