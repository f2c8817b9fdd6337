"""A TCP link between a listening port and another port of this machine, for tests that need a bad or a protected one.

--rate BYTES         carries at most so many bytes a second in each direction
--tls CERT KEY       takes TLS connections, as a reverse proxy before a node does
--only-from FILE...  takes connections only of the processes whose numbers are in these files
"""

import argparse
import asyncio
import os
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


def is_from(files, ours, theirs):
    """Whether the connection from port `theirs` of this machine to `ours` belongs to one of the processes."""
    inodes = set()
    with open("/proc/net/tcp") as table:
        for fields in map(str.split, list(table)[1:]):
            ports = [int(address.split(":")[1], 16) for address in fields[1:3]]
            if ports == [theirs, ours]:
                inodes.add(f"socket:[{fields[9]}]")
    for name in files:
        try:
            with open(name) as file:
                directory = f"/proc/{int(file.read())}/fd"
            descriptors = os.listdir(directory)
        except (OSError, ValueError):
            continue
        for descriptor in descriptors:
            try:
                if os.readlink(f"{directory}/{descriptor}") in inodes:
                    return True
            except OSError:
                pass
    return False


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listen", type=int, required=True, help="the port to listen on")
    parser.add_argument("--to", type=int, required=True, help="the port to connect to")
    parser.add_argument("--rate", type=int)
    parser.add_argument("--tls", nargs=2)
    parser.add_argument("--only-from", nargs="+", metavar="FILE")
    options = parser.parse_args()
    tls = None
    if options.tls:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*options.tls)

    async def link(reader, writer):
        theirs = writer.get_extra_info("peername")[1]
        if options.only_from and not is_from(options.only_from, options.listen, theirs):
            writer.close()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", options.to)
        except OSError:
            writer.close()
            return
        await asyncio.gather(carry(reader, far_writer, options.rate), carry(far_reader, writer, options.rate))

    server = await asyncio.start_server(link, "127.0.0.1", options.listen, ssl=tls)
    await server.serve_forever()


asyncio.run(main())
