package lyceum.train;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.optim.OptimizerState;
import lyceum.tensor.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A run on disk: tensors under {@code model.}, {@code optimizer.} and {@code best.}, and its position as JSON in the file's metadata.
 *
 * @param best null if no epoch has been kept
 */
record Checkpoint(SequencedMap<String, Tensor> model, OptimizerState optimizer, SequencedMap<String, Tensor> best, TrainingState state) {
    private static final int VERSION = 1;
    private static final String KEY = "lyceum.training", OPTIMIZER = "lyceum.optimizer";
    private static final JsonMapper JSON = JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();

    /** Numbers as their bits where they may be NaN or infinite, which JSON lacks. Rows are what the loss is a mean of. */
    record Header(int formatVersion, long seed, int step, long lossSum, double rows, int best, long bestScore, boolean stopped,
            List<SavedEpoch> epochs, long scale, int goodSteps, long skipped) {}

    record SavedEpoch(int number, long steps, long loss, long validation, long rateFactor, Map<String, Long> metrics) {}

    static void write(Path path, Map<String, Tensor> model, OptimizerState optimizer, Map<String, Tensor> best, TrainingState state,
            long seed) throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        model.forEach((name, tensor) -> tensors.put("model." + name, tensor));
        optimizer.tensors().forEach((name, tensor) -> tensors.put("optimizer." + name, tensor));
        if (best != null) best.forEach((name, tensor) -> tensors.put("best." + name, tensor));
        var epochs = state.epochs().stream().map(e -> new SavedEpoch(e.number(), e.steps(), bits(e.loss()), bits(e.validation()),
                bits(e.rateFactor()), mapped(e.metrics(), Checkpoint::bits))).toList();
        var header = new Header(VERSION, seed, state.step(), bits(state.lossSum()), state.units(), state.best(), bits(state.bestScore()),
                state.stopped(), epochs, bits(state.scale().value()), state.scale().good(), state.scale().skipped());
        Safetensors.write(path, tensors, Map.of(KEY, JSON.writeValueAsString(header), OPTIMIZER, optimizer.json()));
    }

    private static <A, B> SequencedMap<String, B> mapped(Map<String, A> values, Function<A, B> change) {
        var changed = new LinkedHashMap<String, B>();
        values.forEach((name, value) -> changed.put(name, change.apply(value)));
        return changed;
    }

    private static long bits(double value) { return Double.doubleToLongBits(value); }

    private static double number(long bits) { return Double.longBitsToDouble(bits); }

    static Checkpoint read(Path path, Map<String, Tensor> own, long seed, int stepsInEpoch) throws IOException {
        var contents = Safetensors.read(path);
        if (!contents.metadata().containsKey(KEY) || !contents.metadata().containsKey(OPTIMIZER)) throw new FormatException(
                "checkpoint: the file's metadata has no " + KEY + " or " + OPTIMIZER + "; it has " + contents.metadata().keySet());
        var header = header(contents.metadata().get(KEY));
        if (header.seed != seed)
            throw new FormatException("checkpoint: it was written by a run with another seed; resume with the same Rng");
        if (header.step < 0 || header.step >= stepsInEpoch)
            throw new FormatException("checkpoint: it stands at step " + header.step + " of an epoch; here an epoch has " + stepsInEpoch);
        if (header.best < -1 || header.best >= header.epochs.size() || !(header.rows >= 0)) throw new FormatException(
                "checkpoint: best epoch " + header.best + " of " + header.epochs.size() + ", " + header.rows + " rows");
        var model = part(contents, "model.");
        var best = part(contents, "best.");
        fits("model", model, own);
        if (!best.isEmpty()) fits("best", best, own);
        var epochs = header.epochs.stream().map(e -> new History.Epoch(e.number, e.steps, number(e.loss), number(e.validation),
                number(e.rateFactor), mapped(e.metrics, Checkpoint::number))).toList();
        var state = new TrainingState(epochs, header.step, number(header.lossSum), header.rows, header.best, number(header.bestScore),
                header.stopped, new MixedPrecision.Scale(number(header.scale), header.goodSteps, header.skipped));
        return new Checkpoint(model, new OptimizerState(part(contents, "optimizer."), contents.metadata().get(OPTIMIZER)),
                best.isEmpty() ? null : best, state);
    }

    private static Header header(String json) {
        try {
            var tree = JSON.readTree(json);
            int version = tree.path("formatVersion").asInt(0);
            if (version != VERSION) throw new FormatException(
                    "checkpoint: formatVersion is " + (version == 0 ? "missing" : version) + "; this version reads " + VERSION);
            var header = JSON.treeToValue(tree, Header.class);
            if (header.epochs == null || header.epochs.contains(null)) throw new FormatException("checkpoint: epochs are missing");
            for (var epoch : header.epochs)
                if (epoch.metrics == null || epoch.metrics.containsValue(null))
                    throw new FormatException("checkpoint: epoch " + epoch.number + " has no metrics");
            return header;
        } catch (JacksonException e) {
            throw new FormatException("checkpoint: " + e.getOriginalMessage(), e);
        }
    }

    private static SequencedMap<String, Tensor> part(Safetensors.Contents contents, String prefix) {
        var part = new LinkedHashMap<String, Tensor>();
        contents.tensors().forEach((name, tensor) -> { if (name.startsWith(prefix)) part.put(name.substring(prefix.length()), tensor); });
        return part;
    }

    private static void fits(String what, Map<String, Tensor> saved, Map<String, Tensor> own) {
        if (!saved.keySet().equals(own.keySet()))
            throw new FormatException("checkpoint: " + what + " has " + saved.keySet() + "; this model has " + own.keySet());
        own.forEach((name, tensor) -> {
            var value = saved.get(name);
            if (!value.shape().equals(tensor.shape()) || value.dtype() != tensor.dtype())
                throw new FormatException("checkpoint: " + what + "." + name + " is " + value.dtype() + " " + value.shape()
                        + "; this model needs " + tensor.dtype() + " " + tensor.shape());
        });
    }
}
