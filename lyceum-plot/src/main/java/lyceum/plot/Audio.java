package lyceum.plot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import lyceum.tensor.Tensor;

/**
 * Sound: a page plays it, and what cannot play shows its wave.
 *
 * <pre>{@code
 * Figure tune = Figure.audio("What the codec gives back", 16_000, Tensor.zeros(16_000)).describedAs("A second of nothing.");
 * }</pre>
 *
 * @param title what is heard, a few words
 * @param description one sentence
 * @param rate samples a second, 1,000 to 192,000
 * @param samples whole numbers of 16 bits, -32,768 to 32,767, one channel
 */
public record Audio(String title, String description, int rate, Numbers samples) implements Figure {
    private static final int MOST = 2_000_000, COLUMNS = 600, STRETCHES = 100, FULL = 32_767;

    /** Checks and cleans. */
    public Audio {
        title = Check.text("title", title, Check.TITLE);
        description = Check.text("description", description, Check.TEXT);
        Check.present("samples", samples);
        if (rate < 1_000 || rate > 192_000)
            throw new FigureException("the sound '" + title + "' has " + rate + " samples a second; between 1000 and 192000");
        if (samples.size() > MOST)
            throw new FigureException("the sound '" + title + "' has " + samples.size() + " samples; at most " + MOST);
        for (int i = 0; i < samples.size(); i++) {
            double v = samples.get(i);
            if (!(v >= -FULL - 1 && v <= FULL && v == Math.rint(v)))
                throw new FigureException("the sound '" + title + "': sample " + i + " is " + v + "; a whole number of 16 bits");
        }
    }

    /** Of amplitudes from -1 to 1; what lies beyond is held there. */
    static Audio of(String title, int rate, double... amplitudes) {
        var whole = Check.present("samples", amplitudes).clone();
        for (int i = 0; i < whole.length; i++) {
            if (Double.isNaN(whole[i])) throw new FigureException("the sound '" + title + "': sample " + i + " is NaN");
            whole[i] = Math.rint(Math.clamp(whole[i], -1, 1) * FULL);
        }
        return new Audio(title, "", rate, Numbers.of(whole));
    }

    static Audio of(String title, int rate, Tensor amplitudes) { return of(title, rate, amplitudes.toDoubleArray()); }

    @Override public Audio describedAs(String description) { return new Audio(title, description, rate, samples); }

    /** The same under another title. */
    public Audio titled(String title) { return new Audio(title, description, rate, samples); }

    /** How long it is. */
    public double seconds() { return (double) samples.size() / rate; }

    /** The sound as a WAV file of 16 bits. */
    public byte[] wav() {
        int bytes = 2 * samples.size();
        var out = ByteBuffer.allocate(44 + bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.put(ascii("RIFF")).putInt(36 + bytes).put(ascii("WAVEfmt ")).putInt(16).putShort((short) 1).putShort((short) 1);
        out.putInt(rate).putInt(2 * rate).putShort((short) 2).putShort((short) 16).put(ascii("data")).putInt(bytes);
        for (int i = 0; i < samples.size(); i++) out.putShort((short) samples.get(i));
        return out.array();
    }

    private static byte[] ascii(String text) { return text.getBytes(StandardCharsets.US_ASCII); }

    /** One stretch of the wave. */
    private record Stretch(double from, double low, double high, double power) {}

    private List<Stretch> stretches(int most) {
        int n = samples.size(), count = Math.min(n, most);
        var all = new ArrayList<Stretch>();
        for (int k = 0; k < count; k++) {
            int from = (int) ((long) k * n / count), to = (int) ((k + 1L) * n / count);
            double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY, sum = 0;
            for (int i = from; i < to; i++) {
                double v = samples.get(i) / FULL;
                low = Math.min(low, v);
                high = Math.max(high, v);
                sum += v * v;
            }
            all.add(new Stretch((double) from / rate, low, high, Math.sqrt(sum / (to - from))));
        }
        return all;
    }

    /** The wave: amplitude over time, of a long sound its reach in each of 600 stretches. */
    public Plot waveform() {
        var all = stretches(COLUMNS);
        double[] at = all.stream().mapToDouble(Stretch::from).toArray(), low = all.stream().mapToDouble(Stretch::low).toArray(),
                high = all.stream().mapToDouble(Stretch::high).toArray();
        var plot = Figure.plot(title);
        plot = samples.size() > COLUMNS ? plot.band("", at, low, high) : plot.line("", at, high);
        return plot.axes("time (s)", "amplitude").limitY(-1, 1).describedAs(description);
    }

    /** How loud it is in each of at most 100 stretches of time; the samples themselves are in {@link #wav}. */
    @Override public Table table() {
        var rows = new ArrayList<List<Object>>();
        for (var s : stretches(STRETCHES)) rows.add(List.of(s.from, s.low, s.high, s.power));
        return new Table(List.of("time (s)", "lowest", "highest", "root mean square"), rows);
    }
}
