package lyceum.nn;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.ShapeException;
import lyceum.data.Frame;
import lyceum.format.Safetensors;
import lyceum.nn.InputField.Category;
import lyceum.nn.InputField.Numeric;
import lyceum.nn.InputField.Tokens;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * The contract between records and a network: which fields, of which kind, in which order, scaled by which constants of the training data.
 *
 * {@snippet :
 * var input = InputLayer.fit(List.of(InputField.numeric("age"), InputField.category("city").withUnknown(true)), InputBatch.of(training), rng);
 * Tensor x = input.encode(training).features();       // (n, input.width()), columns as input.columns() names them
 * input.save(path);                                   // constants, vocabularies and embeddings
 * Tensor served = InputLayer.read(path).encode(request).features();
 * }
 *
 * <p>Nothing is learned from what is encoded later: a record's numbers do not depend on its neighbours. What does not fit is refused under the field's name. All
 * that was fitted stands in one buffer, {@code schema}, so that it is saved and loaded with the model that the layer is a part of. Embeddings are
 * parameters {@code tables.NAME.weight}.
 *
 * @see <a href="https://papers.nips.cc/paper/5656-hidden-technical-debt-in-machine-learning-systems">Sculley et al. (2015)</a>
 */
public final class InputLayer extends Module {
    /** All fields as JSON, with what was learned for each. */
    private final Tensor schema;
    private final Map<String, Embedding> tables;
    private transient List<FittedField> fields;

    /**
     * What a network sees.
     *
     * @param features numbers and categories of all records, (n, width) F32; null if there are none
     * @param others texts, images and series by field
     * @param masks for texts with padding, true where a token stands
     */
    public record Encoded(Tensor features, SequencedMap<String, Tensor> others, SequencedMap<String, Tensor> masks) {
        public Encoded {
            others = Collections.unmodifiableSequencedMap(others);
            masks = Collections.unmodifiableSequencedMap(masks);
        }
    }

    private InputLayer(List<FittedField> fields, Tensor schema, Map<String, Embedding> tables) {
        this.fields = fields;
        this.schema = schema;
        this.tables = tables;
    }

    /**
     * Learns scales, medians and vocabularies from training records.
     *
     * @param rng the first embeddings
     * @throws IllegalArgumentException if two fields have a name, or a record does not fit its field
     */
    public static InputLayer fit(List<? extends InputField> fields, InputBatch training, Rng rng) {
        var names = fields.stream().map(InputField::name).toList();
        if (names.isEmpty() || names.stream().distinct().count() != names.size())
            throw new IllegalArgumentException("InputLayer: fields are " + names + "; there is at least one, and names do not repeat");
        if (training.size() == 0) throw new IllegalArgumentException("InputLayer.fit: there are no records");
        requireColumns(names, training);
        var fitted = new ArrayList<FittedField>();
        var tables = new LinkedHashMap<String, Embedding>();
        for (var field : fields) {
            var learned = FittedField.learn(field, training);
            fitted.add(learned);
            var config = table(learned.field());
            if (config != null) tables.put(field.name(), new Embedding(config, rng.split(tables.size())));
        }
        return new InputLayer(List.copyOf(fitted), FittedField.write(fitted), tables);
    }

    /** The table that a field's embedding has; null for none. */
    private static EmbeddingConfig table(InputField field) {
        return switch (field) {
            case Category c when c.width() > 0 -> new EmbeddingConfig(c.slots(), c.width());
            case Tokens t when t.width() > 0 -> new EmbeddingConfig(t.vocabulary(), t.width()).withPaddingIndex(t.padding());
            default -> null;
        };
    }

    /** What {@link #save} wrote. @throws FormatException if it is something else */
    public static InputLayer read(Path path) throws IOException { return from(Safetensors.read(path).tensors()); }

    /** From {@link #state()}: the part of a model's checkpoint that belongs to its input layer. @throws FormatException if it is no such part */
    public static InputLayer from(Map<String, Tensor> state) {
        var schema = state.get("schema");
        if (schema == null) throw new FormatException("InputLayer: there is no schema among " + state.keySet());
        var fields = FittedField.read(schema);
        var tables = new LinkedHashMap<String, Embedding>();
        for (var fitted : fields) {
            var config = table(fitted.field());
            if (config == null) continue;
            var name = "tables." + fitted.field().name() + ".weight";
            var table = state.get(name);
            if (table == null || table.rank() != 2 || table.size(0) != config.count() || table.size(1) != config.width())
                throw new FormatException("InputLayer: " + name + " is " + (table == null ? "missing" : table.shape().toString())
                        + "; its field asks for (" + config.count() + ", " + config.width() + ")");
            tables.put(fitted.field().name(), new Embedding(config.withDtype(table.dtype()), table));
        }
        return new InputLayer(fields, schema.copy().compute(), tables);
    }

    @Override protected void copied() { fields = FittedField.read(schema); }

    /** In the order of the output; categories have their values. */
    public List<InputField> fields() { return fields.stream().map(FittedField::field).toList(); }

    /** The columns of {@link Encoded#features}: {@code age}, {@code income}, {@code income missing}, {@code city=Ghent}, {@code city=?}, {@code shop.0}, .. */
    public List<String> columns() { return fields.stream().flatMap(f -> f.columns().stream()).toList(); }

    /** How many numbers a record has in {@link Encoded#features}. */
    public int width() { return columns().size(); }

    /** Tables without tensors. */
    public Encoded encode(Frame frame) { return encode(InputBatch.of(frame)); }

    /** Predicting. */
    public Encoded encode(InputBatch batch) { return encode(batch, Pass.inference()); }

    /**
     * What the network sees of these records.
     *
     * @throws IllegalArgumentException where a record does not fit: it names the field, and the row where it is one
     */
    public Encoded encode(InputBatch batch, Pass pass) {
        requireColumns(fields.stream().map(f -> f.field().name()).toList(), batch);
        var parts = new ArrayList<Tensor>();
        SequencedMap<String, Tensor> others = new LinkedHashMap<>(), masks = new LinkedHashMap<>();
        for (var fitted : fields) {
            var name = fitted.field().name();
            var table = tables.get(name);
            switch (fitted.field()) {
                case Numeric n -> parts.add(fitted.numbers(batch.frame().column(name)));
                case Category c -> {
                    var ids = fitted.codes(batch.frame().column(name));
                    parts.add(table == null ? ids.oneHot(DType.F32, c.slots()) : table.forward(ids, pass).to(DType.F32));
                }
                case Tokens t -> {
                    var ids = fitted.ids(batch.tensors().get(name));
                    if (t.padding() >= 0) masks.put(name, ids.ne(t.padding()));
                    others.put(name, table == null ? ids : table.forward(ids, pass));
                }
                case InputField.Image image -> others.put(name, fitted.image(batch.tensors().get(name)));
                case InputField.Sequence series -> others.put(name, fitted.series(batch.tensors().get(name)));
            }
        }
        return new Encoded(parts.isEmpty() ? null : Tensor.concat(1, parts.toArray(Tensor[]::new)), others, masks);
    }

    /** Where all fields are numbers: rows (n, fields) of them, NaN for what is missing, as (n, width). */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        for (var fitted : fields)
            if (!(fitted.field() instanceof Numeric)) throw new IllegalStateException(
                    "InputLayer: field '" + fitted.field().name() + "' is not a number; give records to encode");
        if (x.rank() != 2 || x.size(1) != fields.size())
            throw new ShapeException("InputLayer: input " + x.shape() + "; it is (n, " + fields.size() + ")");
        var parts = new Tensor[fields.size()];
        for (int i = 0; i < parts.length; i++) parts[i] = fields.get(i).numbers(x.select(1, i).to(DType.F64).toDoubleArray());
        return Tensor.concat(1, parts);
    }

    private static void requireColumns(List<String> names, InputBatch batch) {
        var given = new ArrayList<>(batch.frame().names());
        given.addAll(batch.tensors().keySet());
        for (var name : given)
            if (!names.contains(name))
                throw new IllegalArgumentException("InputLayer: field '" + name + "' is unknown; there are " + names);
        for (var name : names)
            if (!given.contains(name))
                throw new IllegalArgumentException("InputLayer: field '" + name + "' is missing; the batch has " + given);
    }
}
