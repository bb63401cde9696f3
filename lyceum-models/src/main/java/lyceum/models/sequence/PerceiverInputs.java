package lyceum.models.sequence;

import java.util.Arrays;
import lyceum.ShapeException;
import lyceum.nn.Embedding;
import lyceum.tensor.Tensor;

/**
 * Pictures, sound, points, video and text as the rows that a {@link Perceiver} reads: what is there, and where, as waves of the place in [-1, 1],
 *
 * <pre>
 * x, sin(pi f_k x), cos(pi f_k x)      f_k evenly from 1 to half the sampling rate
 * </pre>
 */
public final class PerceiverInputs {
    private PerceiverInputs() {}

    /** Waves (.., axes (2 bands + 1)) of places (.., axes). @param highest frequency, in half periods over [-1, 1]: half as many as there are samples */
    public static Tensor waves(Tensor places, int bands, double highest) {
        if (bands < 1 || !(highest >= 1))
            throw new IllegalArgumentException("PerceiverInputs: " + bands + " bands up to " + highest + "; both are at least 1");
        var f = Tensor.linspace(1, highest, bands).to(places.dtype()).mul(Math.PI);
        var angles = places.unsqueeze(-1).mul(f);
        var all = Tensor.concat(-1, places.unsqueeze(-1), angles.sin(), angles.cos());
        var shape = all.shape().toArray();
        var flat = new long[shape.length - 1];
        System.arraycopy(shape, 0, flat, 0, flat.length);
        flat[flat.length - 1] = shape[shape.length - 2] * shape[shape.length - 1];
        return all.reshape(flat);
    }

    /** Columns that waves of so many axes take. */
    public static int columns(int axes, int bands) { return axes * (2 * bands + 1); }

    /**
     * Pictures (batch, channels, height, width), video (batch, channels, frames, height, width) or sound (batch, channels, samples) as rows.
     *
     * @param axes of place: 2, 3, 1
     * @param bands waves of each axis
     * @param channels of a row at least, zeros behind; 0 for as many as there are
     */
    public static Tensor grid(Tensor x, int axes, int bands, int channels) {
        if (x.rank() != axes + 2)
            throw new ShapeException("PerceiverInputs: " + x.shape() + " has no batch, channels and " + axes + " axes of place");
        long batch = x.size(0), n = x.count() / batch / x.size(1);
        var places = new Tensor[axes];
        for (int a = 0; a < axes; a++) {
            var shape = new long[axes];
            Arrays.fill(shape, 1);
            long size = shape[a] = x.size(a + 2);
            var line = size == 1 ? Tensor.zeros(x.dtype(), 1) : Tensor.linspace(-1, 1, (int) size).to(x.dtype());
            var full = new long[axes];
            for (int b = 0; b < axes; b++) full[b] = x.size(b + 2);
            places[a] = waves(line.reshape(shape).expand(full).reshape(n, 1), bands, Math.max(1, size / 2.0));
        }
        var rows = x.reshape(batch, x.size(1), n).transpose(1, 2);
        var where = Tensor.concat(1, places).unsqueeze(0);
        return padded(Tensor.concat(2, rows, where.expand(batch, n, where.size(2))), channels);
    }

    /** Sound (batch, samples) in pieces of so many samples. */
    public static Tensor sound(Tensor x, int piece, int bands, int channels) {
        if (x.rank() != 2 || x.size(1) % piece != 0)
            throw new ShapeException("PerceiverInputs: sound " + x.shape() + " is not (batch, samples) in pieces of " + piece);
        return grid(x.reshape(x.size(0), x.size(1) / piece, piece).transpose(1, 2), 1, bands, channels);
    }

    /** Points (batch, n, axes) in [-1, 1]: the coordinates are what is there. */
    public static Tensor points(Tensor x, int bands, double highest, int channels) { return padded(waves(x, bands, highest), channels); }

    /** Token numbers (batch, T): a row of a table each, and their place. */
    public static Tensor text(Tensor ids, Embedding table, int bands, int channels) {
        return grid(table.forward(ids).transpose(1, 2), 1, bands, channels);
    }

    private static Tensor padded(Tensor rows, int channels) {
        if (channels == 0 || rows.size(2) == channels) return rows;
        if (rows.size(2) > channels) throw new ShapeException("PerceiverInputs: rows of " + rows.size(2) + " channels for " + channels);
        return rows.pad(2, 0, channels - rows.size(2), 0);
    }
}
