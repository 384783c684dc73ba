-- Views that a subgraph publishes for the others to read. The tables behind them stay private.
CREATE SCHEMA published;
