package lyceum.models.fields;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import lyceum.FormatException;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A field as few bytes: each tensor's numbers rounded to {@code bits} between its least and its largest. The config is the reader's to know.
 *
 * @see <a href="https://arxiv.org/abs/2103.03123">Dupont et al. (2021), COIN</a>
 */
public final class FieldCodec {
    private FieldCodec() {}

    /** @param bits of a number, 1 to 16 */
    public static byte[] encode(NeuralField field, int bits) {
        if (bits < 1 || bits > 16) throw new IllegalArgumentException("FieldCodec: " + bits + " bits; 1 to 16");
        var out = ByteBuffer.allocate(size(field, bits)).put((byte) bits);
        double most = (1 << bits) - 1;
        for (var tensor : field.state().values()) {
            double[] x = tensor.detach().toDoubleArray();
            double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
            for (double v : x) {
                low = Math.min(low, v);
                high = Math.max(high, v);
            }
            float base = (float) low, step = (float) ((high - low) / most);
            out.putFloat(base).putFloat(step);
            long held = 0;
            int full = 0;
            for (double v : x) {
                held = held << bits | Math.clamp(step == 0 ? 0 : Math.round((v - base) / step), 0, (long) most);
                for (full += bits; full >= 8; full -= 8) out.put((byte) (held >> full - 8));
            }
            if (full > 0) out.put((byte) (held << 8 - full));
        }
        return out.array();
    }

    private static int size(NeuralField field, int bits) {
        return 1 + field.state().values().stream().mapToInt(t -> 8 + (int) ((t.count() * bits + 7) / 8)).sum();
    }

    /** The field of that config. @throws FormatException if the bytes are not as many as it needs */
    public static NeuralField decode(NeuralFieldConfig config, byte[] bytes) {
        var field = NeuralField.create(config, Rng.of(0));
        if (bytes.length == 0 || bytes[0] < 1 || bytes[0] > 16)
            throw new FormatException("FieldCodec: no count of bits, 1 to 16, at byte 0");
        int bits = bytes[0];
        if (bytes.length != size(field, bits))
            throw new FormatException("FieldCodec: " + bytes.length + " bytes where " + config + " has " + size(field, bits));
        var in = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
        var values = new LinkedHashMap<String, Tensor>();
        field.state().forEach((name, tensor) -> {
            float base = in.getFloat(), step = in.getFloat();
            var x = new double[(int) tensor.count()];
            long held = 0;
            int full = 0;
            for (int i = 0; i < x.length; i++) {
                for (; full < bits; full += 8) held = held << 8 | in.get() & 0xFF;
                full -= bits;
                x[i] = base + step * (double) (held >> full & (1 << bits) - 1);
            }
            values.put(name, Tensor.of(x, tensor.shape().toArray()).to(config.dtype()));
        });
        field.load(values);
        return field;
    }
}
