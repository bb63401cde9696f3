package lyceum.models.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.data.Column;
import lyceum.data.ColumnType;
import lyceum.data.Csv;
import lyceum.data.Frame;
import lyceum.models.SavedModel;
import lyceum.nn.InputField;
import lyceum.nn.InputLayer;
import lyceum.nn.Mlp;
import lyceum.nn.MlpConfig;
import lyceum.tensor.Tensor;

/**
 * A network that reads rows of a table: what {@code task: table} trains. Its folder is a {@link SavedModel}'s with the columns' scales and values in
 * {@code inputs.safetensors}.
 *
 * {@snippet :
 * var model = TabularModel.load(Path.of("churn"));
 * Frame said = model.predict(model.read(Path.of("new.csv")));       // prediction, P(no), P(yes)
 * }
 *
 * @param inputs turns columns into numbers
 * @param network of these numbers
 * @param target the column that it predicts
 * @param classes by number, empty where the target is a number
 * @param shift of a number: what the network says, times {@code scale}, plus this
 * @param scale of a number
 */
public record TabularModel(InputLayer inputs, Mlp network, String target, List<String> classes, double shift, double scale) {
    private static final String INPUTS = "inputs.safetensors", TASK = "table";

    public TabularModel {
        classes = List.copyOf(classes);
        if (inputs.width() != network.config().inputs() || !classes.isEmpty() && classes.size() != network.config().outputs())
            throw new FormatException("TabularModel: " + inputs.width() + " numbers and " + classes.size() + " classes; the network has "
                    + network.config().inputs() + " inputs and " + network.config().outputs() + " outputs");
    }

    /** What the network sees of these rows, F32 (n, width); other columns than its own are not looked at. */
    Tensor encode(Frame rows) {
        var names = inputs.fields().stream().map(InputField::name).toArray(String[]::new);
        return inputs.encode(rows.select(names)).features();
    }

    /** Class probabilities (n, classes), or numbers (n). */
    public Tensor outputs(Frame rows) {
        var out = network.predict(encode(rows)).to(DType.F64);
        return classes.isEmpty() ? out.select(1, 0).mul(scale).add(shift).compute() : out;
    }

    /** A column {@code prediction}, and for classes one {@code P(name)} each. */
    public Frame predict(Frame rows) {
        var outputs = outputs(rows);
        if (classes.isEmpty()) return Frame.of(Column.of("prediction", outputs));
        long[] best = outputs.argmax(-1).toLongArray();
        var said = new String[best.length];
        for (int i = 0; i < said.length; i++) said[i] = classes.get((int) best[i]);
        var columns = new ArrayList<>(List.of(Column.categories("prediction", said)));
        for (int c = 0; c < classes.size(); c++) columns.add(Column.of("P(" + classes.get(c) + ")", outputs.select(1, c).contiguous()));
        return Frame.of(columns);
    }

    /** Reads a CSV file of rows, every column as the kind that it had. @throws lyceum.data.FrameException if one is missing */
    public Frame read(Path file) throws IOException { return new Csv().withTypes(types()).read(file).frame(); }

    /** The kind of each column that it reads. */
    Map<String, ColumnType> types() {
        var types = new LinkedHashMap<String, ColumnType>();
        for (var field : inputs.fields()) types.put(field.name(), field instanceof InputField.Numeric ? ColumnType.F64 : ColumnType.TEXT);
        return types;
    }

    /** Writes the folder. */
    public void save(Path folder) throws IOException {
        var saved = new SavedModel(network, network.config());
        var notes = saved.notes().put("task", TASK).put("target", target).put("shift", shift).put("scale", scale);
        classes.forEach(notes.putArray("labels")::add);
        inputs.save(folder.resolve(INPUTS));
        saved.save(folder);
    }

    /** Whether a folder holds such a model. */
    public static boolean isIn(Path folder) { return Files.isRegularFile(folder.resolve(INPUTS)); }

    /** @throws FormatException if it is another model's folder, or a file of it is malformed */
    public static TabularModel load(Path folder) throws IOException {
        var saved = SavedModel.load(folder);
        var notes = saved.notes();
        if (!notes.path("task").asString("").equals(TASK) || !notes.path("target").isString() || !notes.path("shift").isNumber()
                || !notes.path("scale").isNumber())
            throw new FormatException(folder + ": the notes of config.json are not those of a table's model");
        saved.config(MlpConfig.class);
        return new TabularModel(InputLayer.read(folder.resolve(INPUTS)), saved.model(Mlp.class), notes.path("target").asString(),
                saved.texts("labels"), notes.path("shift").asDouble(), notes.path("scale").asDouble());
    }
}
