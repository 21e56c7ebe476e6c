"""Whether an installation is consistent: ledgers, topics, consumers and read models, compared with each other.

Nothing here imports a service: what is compared is what the services wrote, judged by the contracts and domain.md. The
pure part is given records and ledger rows (sequences, ledgers, answers, gate, referrals, intake, figures) and is fed by
`reading` (Kafka) and `databases` (PostgreSQL); `command` runs it all.
"""
