from tests.contract.servers.radosgw import s3_server

__all__ = ["s3_server"]
