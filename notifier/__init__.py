"""How people are told: messages in both languages and the channels that carry them."""
