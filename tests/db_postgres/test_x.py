from spine.core.adapters.database import get_adapter
import pytest
@pytest.mark.timeout(20)
def test_x(database_url):
    with get_adapter(database_url) as a:
        a.bulk_load('a',[{'n':i} for i in range(30000)],create=True)
        try:
            with a.transaction():
                print(a.bulk_load('b', a.stream_arrow('select n from a'), create=True))
        except Exception as e: print(repr(e))
        def rows():
            for i in range(3):
                yield {'n': a.query_one('select 1 as n')['n']}
        try: print(a.bulk_load('c', rows(), create=True))
        except Exception as e: print(repr(e))
        def arrows():
            import pyarrow as pa
            for i in range(3):
                yield pa.table({'n': [a.query_one('select 1 as n')['n']]})
        try: print(a.bulk_load('d', arrows(), create=True))
        except Exception as e: print(repr(e))
        print(a.query('select 1 as n'))
        assert 0
