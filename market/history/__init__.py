"""The facts as Kafka has them, for anyone who asks: in order, each once."""
