package lyceum.optim;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.FormatException;
import lyceum.format.Safetensors;
import lyceum.tensor.Tensor;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * An optimiser's memory as data: tensors named {@code parameter.slot}, and counters as JSON.
 *
 * @param tensors copies of the slots of every parameter that has taken a step, and of averages
 * @param json counters, rules and a {@code formatVersion}
 */
public record OptimizerState(SequencedMap<String, Tensor> tensors, String json) {
    private static final int VERSION = 1;
    private static final String KEY = "lyceum.optimizer";
    private static final JsonMapper JSON = JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES).build();

    /** What the JSON says. */
    record Header(int formatVersion, long steps, double rateScale, long averaged, Map<String, Parameter> parameters) {}

    /**
     * @param rateScale null, which is 1, in files older than it
     * @param settings the rule as text, for readers
     */
    record Parameter(long steps, Double rateScale, String rule, String settings, List<String> slots) {
        double scale() { return rateScale == null ? 1 : rateScale; }
    }

    static OptimizerState of(List<ParameterState> all, long steps, double rateScale, Average average) {
        var tensors = new LinkedHashMap<String, Tensor>();
        var parameters = new LinkedHashMap<String, Parameter>();
        for (int p = 0; p < all.size(); p++) {
            var slots = all.get(p);
            var names = slots.names();
            parameters.put(slots.name,
                    new Parameter(slots.steps, slots.rateScale, slots.rule.getClass().getSimpleName(), slots.rule.toString(), names));
            for (int i = 0; i < slots.tensors.size(); i++) tensors.put(slots.name + "." + names.get(i), slots.tensors.get(i).copy());
            if (average != null) tensors.put(slots.name + ".average", average.averages().get(p).copy());
        }
        return new OptimizerState(tensors,
                JSON.writeValueAsString(new Header(VERSION, steps, rateScale, average == null ? 0 : average.seen(), parameters)));
    }

    /** The header, if this state fits. */
    Header checked(List<ParameterState> all, Average average) {
        Header header;
        try {
            var tree = JSON.readTree(json);
            int version = tree.path("formatVersion").asInt(0);
            if (version != VERSION) throw new FormatException(
                    "optimizer state: formatVersion is " + (version == 0 ? "missing" : version) + "; this version reads " + VERSION);
            header = JSON.treeToValue(tree, Header.class);
        } catch (JacksonException e) {
            throw new FormatException("optimizer state: " + e.getOriginalMessage(), e);
        }
        if (header.parameters == null || header.steps < 0 || !(header.rateScale > 0))
            throw new FormatException("optimizer state: parameters, steps or rateScale are missing or out of range");
        for (var slots : all) {
            var saved = header.parameters.get(slots.name);
            if (saved == null) throw new FormatException(
                    "optimizer state: there is no parameter " + slots.name + "; there are " + header.parameters.keySet());
            var kind = slots.rule.getClass().getSimpleName();
            if (!kind.equals(saved.rule) || !slots.names().equals(saved.slots))
                throw new FormatException("optimizer state: parameter " + slots.name + " was updated by " + saved.rule + " with "
                        + saved.slots + "; here it is " + kind + " with " + slots.names());
            if (saved.steps < 0 || !(saved.scale() >= 0)) throw new FormatException(
                    "optimizer state: parameter " + slots.name + " has " + saved.steps + " steps and a rate scaled by " + saved.scale());
            if (saved.steps > 0) for (var slot : saved.slots) fits(slots, slot, slots.start(slot));
            if (average != null) fits(slots, "average", slots.parameter);
        }
        return header;
    }

    private void fits(ParameterState slots, String slot, Tensor like) {
        var tensor = tensors.get(slots.name + "." + slot);
        if (tensor == null)
            throw new FormatException("optimizer state: there is no tensor " + slots.name + "." + slot + "; there are " + tensors.keySet());
        if (!tensor.shape().equals(like.shape()) || tensor.dtype() != slots.type())
            throw new FormatException("optimizer state: " + slots.name + "." + slot + " is " + tensor.dtype() + " " + tensor.shape()
                    + "; its parameter needs " + slots.type() + " " + like.shape());
    }

    /** Writes a safetensors file that appears whole or not at all. */
    public void write(Path path) throws IOException { Safetensors.write(path, tensors, Map.of(KEY, json)); }

    /** Reads a file. @throws FormatException if it is malformed */
    public static OptimizerState read(Path path) throws IOException { return of(Safetensors.read(path)); }

    static OptimizerState of(Safetensors.Contents contents) {
        var json = contents.metadata().get(KEY);
        if (json == null)
            throw new FormatException("optimizer state: the file's metadata has no " + KEY + "; it has " + contents.metadata().keySet());
        return new OptimizerState(contents.tensors(), json);
    }
}
