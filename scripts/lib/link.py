"""A TCP link between a listening port and another port of this machine, for tests that need a bad or a protected one.

--rate BYTES    carries at most so many bytes a second in each direction
--tls CERT KEY  takes TLS connections, as a reverse proxy before a node does
"""

import argparse
import asyncio
import ssl


async def carry(reader, writer, rate):
    """Carries one direction until it ends. Ten small portions a second make a slow link, not a stuttering one."""
    try:
        while chunk := await reader.read(max(1, rate // 10) if rate else 65536):
            writer.write(chunk)
            await writer.drain()
            if rate:
                await asyncio.sleep(len(chunk) / rate)
    except OSError:
        pass
    finally:
        writer.close()


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", type=int, required=True, help="the port to listen on")
    parser.add_argument("--to", type=int, required=True, help="the port to connect to")
    parser.add_argument("--rate", type=int)
    parser.add_argument("--tls", nargs=2)
    options = parser.parse_args()
    tls = None
    if options.tls:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*options.tls)

    async def link(reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", options.to)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, far_writer, options.rate), carry(far_reader, writer, options.rate))

    server = await asyncio.start_server(link, "127.0.0.1", options.listen, ssl=tls)
    await server.serve_forever()


asyncio.run(main())
