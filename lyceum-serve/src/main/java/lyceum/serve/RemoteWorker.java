package lyceum.serve;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A worker in another process, spoken to over TCP; keys and values go over the same line, or through a file that both have mapped, which is memory where the file lies in
 * {@code /dev/shm}. Safe for threads: one call at a time. Once a call has failed the worker is lost.
 */
public final class RemoteWorker implements KvWorker {
    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final int layers, vocabulary, positions;
    private MappedByteBuffer shared;

    /** To a {@link WorkerServer}. @throws IOException if nobody listens there */
    public RemoteWorker(InetSocketAddress address) throws IOException {
        socket = new Socket();
        socket.connect(address, 5000);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
        layers = in.readInt();
        vocabulary = in.readInt();
        positions = in.readInt();
    }

    /** As above, keys and values through a file of that many bytes, which is made. */
    public RemoteWorker(InetSocketAddress address, Path file, int bytes) throws IOException {
        this(address);
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            shared = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes);
        }
        out.writeByte(WorkerServer.SHARED);
        out.writeUTF(file.toAbsolutePath().toString());
        out.flush();
        in.readBoolean();
    }

    /** Writes a message and reads the answer. */
    private interface Exchange<T> {
        T with(DataInputStream in, DataOutputStream out) throws IOException;
    }

    private synchronized <T> T asked(Exchange<T> exchange) {
        try {
            return exchange.with(in, out);
        } catch (IOException e) {
            close();
            throw new WorkerLostException("RemoteWorker: " + socket.getRemoteSocketAddress() + " is gone: " + e.getMessage(), e);
        }
    }

    private void begin(byte what, long sequence) throws IOException {
        out.writeByte(what);
        out.writeLong(sequence);
    }

    private boolean acknowledged() throws IOException {
        out.flush();
        return in.readBoolean();
    }

    @Override public int layers() { return layers; }

    @Override public int vocabulary() { return vocabulary; }

    @Override public int positions() { return positions; }

    @Override public int freePositions() {
        return asked((in, out) -> {
            out.writeByte(WorkerServer.FREE);
            out.flush();
            return in.readInt();
        });
    }

    @Override public boolean open(long sequence, int most) {
        return asked((_, out) -> {
            begin(WorkerServer.OPEN, sequence);
            out.writeInt(most);
            return acknowledged();
        });
    }

    @Override public float[][] compute(List<Span> spans) {
        return asked((in, out) -> {
            out.writeByte(WorkerServer.COMPUTE);
            out.writeInt(spans.size());
            for (var span : spans) {
                out.writeLong(span.sequence());
                out.writeInt(span.ids().length);
                for (int id : span.ids()) out.writeInt(id);
            }
            out.flush();
            var logits = new float[spans.size()][vocabulary];
            for (var row : logits) for (int i = 0; i < vocabulary; i++) row[i] = in.readFloat();
            return logits;
        });
    }

    @Override public byte[] read(long sequence, int layer, int count) {
        return asked((in, out) -> {
            begin(WorkerServer.READ, sequence);
            out.writeInt(layer);
            out.writeInt(count);
            out.flush();
            return WorkerServer.bytes(in);
        });
    }

    @Override public void write(long sequence, int layer, int count, byte[] bytes) {
        asked((_, out) -> {
            boolean inMemory = shared != null && bytes.length <= shared.capacity();
            begin(inMemory ? WorkerServer.WRITE_SHARED : WorkerServer.WRITE, sequence);
            out.writeInt(layer);
            out.writeInt(count);
            out.writeInt(bytes.length);
            if (inMemory) shared.put(0, bytes);
            else out.write(bytes);
            return acknowledged();
        });
    }

    @Override public void end(long sequence) {
        asked((_, _) -> {
            begin(WorkerServer.END, sequence);
            return acknowledged();
        });
    }

    @Override public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
