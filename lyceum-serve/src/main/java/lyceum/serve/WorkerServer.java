package lyceum.serve;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import lyceum.FormatException;

/**
 * Lets other processes of this machine use a worker: listens on the loopback address, and serves one {@link RemoteWorker} at a time for each connection. Sequences of a
 * connection that ends are forgotten.
 */
public final class WorkerServer implements AutoCloseable {
    static final byte OPEN = 1, COMPUTE = 2, READ = 3, WRITE = 4, END = 5, FREE = 6, SHARED = 7, WRITE_SHARED = 8;
    /** More than any message of a model that fits into a machine has. */
    static final int MOST = 1 << 30;

    private final KvWorker worker;
    private final ServerSocket socket;

    /** @param port 0 for any that is free */
    public WorkerServer(KvWorker worker, int port) throws IOException {
        this.worker = worker;
        socket = new ServerSocket(port, 8, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("lyceum-worker-server").start(this::listen);
    }

    public int port() { return socket.getLocalPort(); }

    private void listen() {
        while (!socket.isClosed()) {
            try {
                var peer = socket.accept();
                Thread.ofPlatform().daemon().name("lyceum-worker").start(() -> serve(peer));
            } catch (IOException e) {
                if (!socket.isClosed()) System.getLogger("lyceum.serve").log(System.Logger.Level.WARNING, "WorkerServer: {0}", e.getMessage());
            }
        }
    }

    private void serve(Socket peer) {
        var opened = new ArrayList<Long>();
        try (peer; var in = new DataInputStream(new BufferedInputStream(peer.getInputStream(), 1 << 16));
                var out = new DataOutputStream(new BufferedOutputStream(peer.getOutputStream(), 1 << 16))) {
            peer.setTcpNoDelay(true);
            out.writeInt(worker.layers());
            out.writeInt(worker.vocabulary());
            out.flush();
            MappedByteBuffer shared = null;
            while (true) {
                byte what = in.readByte();
                switch (what) {
                    case OPEN -> {
                        long sequence = in.readLong();
                        boolean is = worker.open(sequence, in.readInt());
                        if (is) opened.add(sequence);
                        out.writeBoolean(is);
                    }
                    case COMPUTE -> compute(in, out);
                    case READ -> bytes(out, worker.read(in.readLong(), in.readInt(), in.readInt()));
                    case WRITE -> {
                        long sequence = in.readLong();
                        int layer = in.readInt(), count = in.readInt();
                        worker.write(sequence, layer, count, bytes(in));
                        out.writeBoolean(true);
                    }
                    case SHARED -> {
                        try (var file = FileChannel.open(Path.of(in.readUTF()), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                            shared = file.map(FileChannel.MapMode.READ_WRITE, 0, file.size());
                        }
                        out.writeBoolean(true);
                    }
                    case WRITE_SHARED -> {
                        long sequence = in.readLong();
                        int layer = in.readInt(), count = in.readInt(), length = in.readInt();
                        if (shared == null || length < 0 || length > shared.capacity())
                            throw new FormatException("WorkerServer: " + length + " bytes in shared memory of " + (shared == null ? 0 : shared.capacity()));
                        var bytes = new byte[length];
                        shared.get(0, bytes);
                        worker.write(sequence, layer, count, bytes);
                        out.writeBoolean(true);
                    }
                    case END -> {
                        worker.end(in.readLong());
                        out.writeBoolean(true);
                    }
                    case FREE -> out.writeInt(worker.freePositions());
                    default -> throw new FormatException("WorkerServer: there is no message " + what);
                }
                out.flush();
            }
        } catch (EOFException e) {
            // the other side is done
        } catch (IOException | RuntimeException e) {
            System.getLogger("lyceum.serve").log(System.Logger.Level.DEBUG, "WorkerServer: a connection ended: {0}", e.getMessage());
        } finally {
            opened.forEach(worker::end);
        }
    }

    private void compute(DataInputStream in, DataOutputStream out) throws IOException {
        int count = checked(in.readInt(), 1 << 16);
        var spans = new ArrayList<KvWorker.Span>();
        for (int i = 0; i < count; i++) {
            long sequence = in.readLong();
            var ids = new int[checked(in.readInt(), 1 << 24)];
            for (int j = 0; j < ids.length; j++) ids[j] = in.readInt();
            spans.add(new KvWorker.Span(sequence, ids));
        }
        for (var row : worker.compute(spans)) {
            var bytes = ByteBuffer.allocate(4 * row.length).order(ByteOrder.BIG_ENDIAN);
            for (float z : row) bytes.putFloat(z);
            out.write(bytes.array());
        }
    }

    static int checked(int length, int most) {
        if (length < 0 || length > most) throw new FormatException("WorkerServer: a length of " + length + "; 0 to " + most);
        return length;
    }

    static void bytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static byte[] bytes(DataInputStream in) throws IOException {
        int length = checked(in.readInt(), MOST);
        var bytes = in.readNBytes(length); // grows with what comes, not with what was announced
        if (bytes.length < length) throw new EOFException();
        return bytes;
    }

    @Override public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
