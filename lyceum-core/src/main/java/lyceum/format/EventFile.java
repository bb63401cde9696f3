package lyceum.format;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import lyceum.DType;
import lyceum.tensor.Tensor;

/**
 * A file of events that TensorBoard shows: numbers by step, distributions, texts and pictures.
 *
 * {@snippet :
 * try (var events = EventFile.in(Path.of("runs/first"))) {             // then: tensorboard --logdir runs
 *     for (int step = 0; step < 100; step++) events.scalar("loss/train", 1.0 / (1 + step), step);
 * }
 * }
 *
 * <p>Each event is in the file when its call returns, so that a run can be watched and one that dies keeps what it said. Safe for threads. A record is its length, the
 * masked CRC-32C of the length, a message of {@code tensorflow.Event} and the masked CRC-32C of that.
 *
 * @see <a href="https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto">the messages</a>
 */
public final class EventFile implements Closeable {
    private static final int BINS = 30;

    private final Path path;
    private final FileChannel channel;
    private final Clock clock;

    private EventFile(Path path, Clock clock) throws IOException {
        this.path = path;
        this.clock = clock;
        channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            event(0, e -> e.text(3, "brain.Event:2"));
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** A new file in {@code folder}, which is made where it is not; TensorBoard shows all files of a folder as one run. */
    public static EventFile in(Path folder) throws IOException {
        Files.createDirectories(folder);
        var clock = Clock.systemUTC();
        var name = String.format(Locale.ROOT, "events.out.tfevents.%010d.%s.%d", clock.instant().getEpochSecond(), host(),
                ProcessHandle.current().pid());
        for (int n = 0;; n++) {
            var path = folder.resolve(name + "." + n);
            if (!Files.exists(path)) return new EventFile(path, clock);
        }
    }

    /** A file of that name with times of that clock. */
    static EventFile at(Path path, Clock clock) throws IOException { return new EventFile(path, clock); }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9-]", "_");
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    public Path path() { return path; }

    /** A number: a point of the curve {@code tag}. */
    public void scalar(String tag, double value, long step) throws IOException { summary(tag, step, v -> v.float32(2, (float) value)); }

    /** How the finite numbers of a tensor lie: 30 stretches of equal length from the least to the greatest. */
    public void histogram(String tag, Tensor values, long step) throws IOException {
        double[] all = values.detach().flatten().to(DType.F64).toDoubleArray();
        double least = Double.POSITIVE_INFINITY, greatest = Double.NEGATIVE_INFINITY, sum = 0, squares = 0, count = 0;
        for (double x : all) {
            if (!Double.isFinite(x)) continue;
            least = Math.min(least, x);
            greatest = Math.max(greatest, x);
            sum += x;
            squares += x * x;
            count++;
        }
        if (count == 0) least = greatest = 0;
        double[] limits = new double[BINS], counts = new double[BINS];
        double width = (greatest - least) / BINS;
        for (int i = 0; i < BINS; i++) limits[i] = i == BINS - 1 ? greatest : least + (i + 1) * width;
        for (double x : all) if (Double.isFinite(x)) counts[width > 0 ? (int) Math.min(BINS - 1, (x - least) / width) : 0]++;
        double[] numbers = {least, greatest, count, sum, squares};
        summary(tag, step, v -> v.message(5, h -> {
            for (int i = 0; i < numbers.length; i++) h.float64(i + 1, numbers[i]);
            h.bytes(6, packed(limits)).bytes(7, packed(counts));
        }));
    }

    private static byte[] packed(double... values) {
        var out = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) out.putDouble(value);
        return out.array();
    }

    /** A text, shown as Markdown. */
    public void text(String tag, String text, long step) throws IOException {
        summary(tag, step, v -> v.message(8, t -> t.number(1, 7).message(2, d -> d.message(2, size -> size.number(1, 1))).text(8, text))
                .message(9, m -> m.message(1, plugin -> plugin.text(1, "text"))));
    }

    /** A picture. @param encoded a PNG, whose size is read from its head @throws IllegalArgumentException if it is none */
    public void image(String tag, byte[] encoded, long step) throws IOException {
        var in = ByteBuffer.wrap(encoded);
        if (encoded.length < 29 || in.getLong(0) != 0x89504E470D0A1A0AL || in.getInt(12) != 0x49484452)
            throw new IllegalArgumentException("EventFile.image: " + encoded.length + " bytes that are not a PNG");
        int colours = switch (in.get(25)) { // colour type
            case 0 -> 1;
            case 4 -> 2;
            case 6 -> 4;
            default -> 3;
        };
        summary(tag, step,
                v -> v.message(4, i -> i.number(1, in.getInt(20)).number(2, in.getInt(16)).number(3, colours).bytes(4, encoded)));
    }

    private void summary(String tag, long step, Consumer<ProtoWriter> value) throws IOException {
        if (tag.isBlank()) throw new IllegalArgumentException("EventFile: a tag is blank");
        event(step, e -> e.message(5, s -> s.message(1, v -> value.accept(v.text(1, tag)))));
    }

    private void event(long step, Consumer<ProtoWriter> content) throws IOException {
        Instant now = clock.instant();
        var event = new ProtoWriter().float64(1, now.getEpochSecond() + now.getNano() * 1e-9);
        if (step != 0) event.number(2, step);
        content.accept(event);
        record(event.toBytes());
    }

    private synchronized void record(byte[] data) throws IOException {
        var out = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length);
        out.putInt(masked(out.array(), 8)).put(data).putInt(masked(data, data.length));
        Safetensors.drain(channel, out.flip());
    }

    /** A checksum of data that hold checksums themselves: turned and shifted, so that it does not vanish in one of a whole. */
    private static int masked(byte[] bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xA282EAD8;
    }

    @Override public void close() throws IOException { channel.close(); }
}
