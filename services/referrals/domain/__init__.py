"""What referrals knows and decides: state machine, gate, clocks, placements, partners' messages. Pure."""
