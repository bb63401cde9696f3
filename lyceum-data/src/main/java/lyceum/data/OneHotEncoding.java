package lyceum.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.ShapeException;
import lyceum.data.OneHotEncoder.Unknown;
import lyceum.tensor.Csr;
import lyceum.tensor.Tensor;

/** A fitted {@link OneHotEncoder}. Immutable. */
public final class OneHotEncoding {
    /** What {@link #names} and {@link #inverse} call the infrequent categories of a feature. */
    public static final String INFREQUENT = "infrequent";

    private final OneHotEncoder encoder;
    private final List<OneHotBlock> blocks;

    OneHotEncoding(OneHotEncoder encoder, List<OneHotBlock> blocks) {
        this.encoder = encoder;
        this.blocks = List.copyOf(blocks);
    }

    /** Indicator columns in all. */
    public int width() { return blocks.stream().mapToInt(OneHotBlock::width).sum(); }

    /** The categories of each feature. */
    public List<Categories> categories() { return blocks.stream().map(OneHotBlock::categories).toList(); }

    /** The infrequent categories of a feature. */
    public List<Object> infrequent(String name) {
        var block = blocks.stream().filter(b -> b.categories().name().equals(name)).findFirst()
                .orElseThrow(() -> new FrameException("OneHotEncoding.infrequent: no feature '" + name + "'"));
        var rare = new ArrayList<Object>();
        for (int c = 0; c < block.column().length; c++)
            if (block.isInfrequent(block.column()[c])) rare.add(block.categories().values().get(c));
        return rare;
    }

    /** One name a column: {@code colour_red}. */
    public List<String> names() {
        var names = new ArrayList<String>();
        for (var block : blocks) for (int place = 0; place < block.width(); place++) {
            int kind = block.kind(place);
            names.add(block.categories().name() + "_"
                    + (block.isInfrequent(kind) ? INFREQUENT : block.categories().values().get(block.category(kind))));
        }
        return names;
    }

    /** The output column of each row's category, feature by feature; -1 where all indicators are 0. */
    private int[][] places(Frame frame) {
        var places = new int[blocks.size()][];
        int from = 0;
        for (int f = 0; f < places.length; f++) {
            var block = blocks.get(f);
            var column = frame.column(block.categories().name());
            places[f] = block.categories().codes(column);
            for (int i = 0; i < places[f].length; i++) {
                int code = places[f][i];
                if (code < 0 && encoder.unknown() == Unknown.ERROR) throw block.categories().unknown("OneHotEncoding", column, i);
                int place = code >= 0 ? block.place(block.column()[code])
                        : encoder.unknown() == Unknown.INFREQUENT && block.grouped() ? block.place(block.kinds() - 1) : -1;
                places[f][i] = place < 0 ? -1 : from + place;
            }
            from += block.width();
        }
        return places;
    }

    /** The indicators (n x {@link #width}), F64. @throws FrameException for an unknown category, unless those are ignored */
    public Tensor transform(Frame frame) {
        int n = frame.size(), width = width();
        var values = new double[n * width];
        for (var places : places(frame)) for (int i = 0; i < n; i++) if (places[i] >= 0) values[i * width + places[i]] = 1;
        return Tensor.of(values, n, width);
    }

    /** The indicators, with the zeros left out. */
    public Csr sparse(Frame frame) {
        int n = frame.size(), at = 0;
        var places = places(frame);
        int[] starts = new int[n + 1], columns = new int[n * places.length];
        for (int i = 0; i < n; i++) {
            for (var feature : places) if (feature[i] >= 0) columns[at++] = feature[i];
            starts[i + 1] = at;
        }
        var ones = new double[at];
        Arrays.fill(ones, 1);
        return Csr.of(n, width(), starts, Arrays.copyOf(columns, at), Tensor.of(ones));
    }

    /** The frame with the encoded columns replaced by their indicators, which stand last. */
    public Frame encode(Frame frame) {
        var rest = frame.drop(blocks.stream().map(b -> b.categories().name()).toArray(String[]::new));
        var indicators = transform(frame);
        var names = names();
        for (int j = 0; j < names.size(); j++) rest = rest.with(Column.of(names.get(j), indicators.select(1, j)));
        return rest;
    }

    /**
     * Back to categories: of each feature that of the largest indicator. Where all are 0, the dropped one, else null. Infrequent ones come back as
     * {@value #INFREQUENT}, in a column of texts.
     *
     * @throws IllegalArgumentException where all indicators of a feature are 0 although none was dropped and unknown categories are errors
     */
    public Frame inverse(Tensor indicators) {
        int width = width(), n = (int) indicators.size(0);
        if (indicators.rank() != 2 || indicators.size(1) != width) throw new ShapeException(
                "OneHotEncoding.inverse: the indicators have shape " + indicators.shape() + "; this encoding has " + width + " columns");
        double[] values = indicators.toDoubleArray();
        var columns = new ArrayList<Column>();
        int from = 0;
        for (var block : blocks) {
            var kinds = new int[n];
            for (int i = 0; i < n; i++) kinds[i] = kind(block, values, i, i * width + from);
            columns.add(column(block, kinds));
            from += block.width();
        }
        return Frame.of(columns);
    }

    private int kind(OneHotBlock block, double[] values, int row, int at) {
        int best = -1;
        for (int place = 0; place < block.width(); place++)
            if (values[at + place] != 0 && (best < 0 || values[at + place] > values[at + best])) best = place;
        if (best >= 0) return block.kind(best);
        if (block.dropped() < 0 && encoder.unknown() == Unknown.ERROR)
            throw new IllegalArgumentException("OneHotEncoding.inverse: row " + row + " has no indicator of '" + block.categories().name()
                    + "' although no category was dropped and unknown ones are errors");
        return block.dropped();
    }

    private static Column column(OneHotBlock block, int[] kinds) {
        var codes = new int[kinds.length];
        boolean rare = false;
        for (int i = 0; i < kinds.length; i++) {
            codes[i] = kinds[i] < 0 ? -1 : block.category(kinds[i]);
            rare |= kinds[i] >= 0 && block.isInfrequent(kinds[i]);
        }
        var column = block.categories().column(codes);
        if (!rare) return column;
        var texts = new String[kinds.length];
        for (int i = 0; i < texts.length; i++)
            texts[i] = kinds[i] >= 0 && block.isInfrequent(kinds[i]) ? INFREQUENT : column.isNull(i) ? null : column.get(i).toString();
        return Column.of(column.name(), texts);
    }
}
