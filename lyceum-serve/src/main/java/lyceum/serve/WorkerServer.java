package lyceum.serve;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import lyceum.FormatException;

/**
 * Lets other processes of this machine use a worker: listens on the loopback address, and serves one {@link RemoteWorker} at a time for each connection. Each
 * connection numbers its sequences by itself; those of one that ends are forgotten.
 */
public final class WorkerServer implements AutoCloseable {
    static final byte OPEN = 1, COMPUTE = 2, READ = 3, WRITE = 4, END = 5, FREE = 6, SHARED = 7, WRITE_SHARED = 8;
    /** More than any message of a model that fits into a machine has. */
    static final int MOST = 1 << 30;

    /** The worker's own numbers, below those that users in this process give. */
    private static final AtomicLong NUMBERS = new AtomicLong();

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
                if (!socket.isClosed())
                    System.getLogger("lyceum.serve").log(System.Logger.Level.WARNING, "WorkerServer: {0}", e.getMessage());
            }
        }
    }

    private void serve(Socket peer) {
        var opened = new HashMap<Long, Long>(); // the worker's numbers by the connection's
        try (peer;
                var in = new DataInputStream(new BufferedInputStream(peer.getInputStream(), 1 << 16));
                var out = new DataOutputStream(new BufferedOutputStream(peer.getOutputStream(), 1 << 16))) {
            peer.setTcpNoDelay(true);
            out.writeInt(worker.layers());
            out.writeInt(worker.vocabulary());
            out.writeInt(worker.positions());
            out.flush();
            MappedByteBuffer shared = null;
            while (true) {
                byte what = in.readByte();
                switch (what) {
                    case OPEN -> {
                        long sequence = in.readLong();
                        int most = in.readInt();
                        if (opened.containsKey(sequence))
                            throw new FormatException("WorkerServer: sequence " + sequence + " is open already");
                        long number = NUMBERS.decrementAndGet();
                        boolean is = worker.open(number, most);
                        if (is) opened.put(sequence, number);
                        out.writeBoolean(is);
                    }
                    case COMPUTE -> compute(in, out, opened);
                    case READ -> bytes(out, worker.read(number(opened, in.readLong()), in.readInt(), in.readInt()));
                    case WRITE -> {
                        long number = number(opened, in.readLong());
                        int layer = in.readInt(), count = in.readInt();
                        worker.write(number, layer, count, bytes(in));
                        out.writeBoolean(true);
                    }
                    case SHARED -> {
                        try (var file = FileChannel.open(Path.of(in.readUTF()), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                            shared = file.map(FileChannel.MapMode.READ_WRITE, 0, file.size());
                        }
                        out.writeBoolean(true);
                    }
                    case WRITE_SHARED -> {
                        long number = number(opened, in.readLong());
                        int layer = in.readInt(), count = in.readInt(), length = in.readInt();
                        if (shared == null || length < 0 || length > shared.capacity()) throw new FormatException(
                                "WorkerServer: " + length + " bytes in shared memory of " + (shared == null ? 0 : shared.capacity()));
                        var bytes = new byte[length];
                        shared.get(0, bytes);
                        worker.write(number, layer, count, bytes);
                        out.writeBoolean(true);
                    }
                    case END -> {
                        var number = opened.remove(in.readLong());
                        if (number != null) worker.end(number);
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
            opened.values().forEach(worker::end);
        }
    }

    private void compute(DataInputStream in, DataOutputStream out, Map<Long, Long> opened) throws IOException {
        int count = checked(in.readInt(), 1 << 16);
        var spans = new ArrayList<KvWorker.Span>();
        for (int i = 0; i < count; i++) {
            long sequence = number(opened, in.readLong());
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

    private static long number(Map<Long, Long> opened, long sequence) {
        var number = opened.get(sequence);
        if (number == null) throw new FormatException("WorkerServer: there is no sequence " + sequence + "; open it first");
        return number;
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
            throw new UncheckedIOException(e);
        }
    }
}
