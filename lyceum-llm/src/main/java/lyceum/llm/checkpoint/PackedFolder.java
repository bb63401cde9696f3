package lyceum.llm.checkpoint;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.DType;
import lyceum.FormatException;
import lyceum.autograd.Autograd;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.quant.GroupedWeight;
import lyceum.memory.Scope;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Skeleton;
import lyceum.tensor.Tensor;
import tools.jackson.databind.node.ObjectNode;

/**
 * A decoder whose layers AutoGPTQ or AutoAWQ stored in 2, 4 or 8 bits: {@code w = s (q - z)}, q in {@code qweight}, z in {@code qzeros} (GPTQ's first form keeps one less), s
 * in {@code scales}, all packed into integers of 32 bits. GPTQ packs along the inputs, AWQ along the outputs, in an order of its own. Layers stay in few bits; one whose
 * inputs GPTQ put into groups by their weight ({@code g_idx}), or that this library keeps as several, becomes floats.
 *
 * <p>GPTQModel (it names itself in {@code meta.quantizer}) takes GPTQ's ones off whole integers, borrows and all, so that adding them gives every zero point back. Older
 * ones put {@code z - 1} of each into its place, and a -1 filled all places above its own: what stood there is lost.
 *
 * @see <a href="https://arxiv.org/abs/2210.17323">Frantar, Ashkboos, Hoefler and Alistarh (2023)</a>
 * @see <a href="https://arxiv.org/abs/2306.00978">Lin et al. (2024)</a>
 */
final class PackedFolder {
    private static final String FIELD = "quantization_config";
    /** Place of an output among the eight of AWQ's integer. */
    private static final int[] PLACES = {0, 4, 1, 5, 2, 6, 3, 7};

    private final boolean awq, oneLess, older;
    private final int bits, group;
    private final Map<String, Tensor> files;

    private PackedFolder(ObjectNode json, Map<String, Tensor> files) {
        var fields = new ConfigFields((ObjectNode) json.get(FIELD));
        this.files = files;
        awq = fields.text("quant_method", "").equals("awq");
        bits = fields.count("bits", 8, 4);
        group = fields.json().path("group_size").asInt(128);
        oneLess = !awq && !fields.text("checkpoint_format", "gptq").equals("gptq_v2");
        older = oneLess && !fields.json().path("meta").path("quantizer").toString().contains("gptqmodel");
        if (bits == 1 || 32 % bits != 0 || awq && bits != 4)
            throw new FormatException("config.json: " + bits + " bits by " + (awq ? "awq" : "gptq") + "; 2, 4 and 8 are known, of awq 4");
        if (awq && !fields.text("version", "gemm").equals("gemm"))
            throw new FormatException("config.json: awq of version \"" + fields.text("version", "") + "\"; gemm is known");
        if (group == 0 || group < -1) throw new FormatException("config.json: group_size is " + group + "; -1 for whole rows, or above 0");
    }

    static boolean is(ObjectNode json) {
        var method = json.path(FIELD).path("quant_method").asString("");
        return json.get(FIELD) instanceof ObjectNode && (method.equals("gptq") || method.equals("awq"));
    }

    /** @param files tensors under the file's own names */
    static DecoderLM read(ModelFamily family, DecoderConfig config, ObjectNode json, SequencedMap<String, Tensor> files) {
        return new PackedFolder(json, files).read(family, config);
    }

    private DecoderLM read(ModelFamily family, DecoderConfig config) {
        ModelFolder.table(family, config, files);
        var skeleton = DecoderLM.skeleton(config.eachBlock(b -> b.withAttention(b.attention().withDtype(DType.F32))));
        var own = skeleton.state();
        var linears = new LinkedHashMap<String, Linear>();
        skeleton.modules().forEach((name, module) -> { if (module instanceof Linear linear) linears.put(name + ".weight", linear); });
        var plain = new LinkedHashMap<String, Tensor>();
        files.forEach((name, tensor) -> {
            if (!name.matches(".*\\.(qweight|qzeros|scales|g_idx)")) plain.put(name, tensor.dtype().isFloat() ? wide(tensor) : tensor);
        });
        var kept = new LinkedHashMap<String, GroupedWeight>(); // by own name
        for (var name : family.names(skeleton.config())) {
            var stem = name.theirs().replaceFirst("\\.weight$", "");
            if (!files.containsKey(stem + ".qweight")) continue;
            var packed = new Packed(stem);
            if (name.form() == TensorName.Form.ROWS && name.ours().size() == 1 && packed.order == null) {
                kept.put(name.ours().getFirst(), packed.weight());
                plain.put(name.theirs(), Tensor.zeros(DType.F32).expand(packed.outputs, packed.inputs)); // in its place
            } else plain.put(name.theirs(), name.form() == TensorName.Form.COLUMNS ? packed.floats().transpose() : packed.floats());
        }
        if (files.keySet().stream().noneMatch(n -> n.endsWith(".qweight")))
            throw new FormatException("config.json: " + FIELD + " says that layers are packed; no tensor is a qweight");
        var values = Layouts.ours(family, skeleton.config(), plain, own);
        var parts = new IdentityHashMap<Module, Module>();
        kept.forEach((name, weight) -> {
            var linear = linears.get(name);
            if (linear == null) throw new FormatException("config.json: \"" + name + "\" is packed; it is no linear layer here");
            values.remove(name);
            var on = Linear.on(weight, linear.bias() == null ? null : values.remove(name.replaceFirst("weight$", "bias")));
            parts.put(linear, linear.activation() == null ? on : on.activated(linear.activation()));
        });
        return Skeleton.filled(skeleton, values, parts);
    }

    private static Tensor wide(Tensor tensor) {
        if (tensor.dtype() == DType.F32) return tensor;
        try (var kept = Scope.outside()) {
            return Autograd.noGrad(() -> tensor.to(DType.F32).compute());
        }
    }

    private Tensor file(String name, DType type, long rows, long columns) {
        var tensor = files.get(name);
        if (tensor == null) throw new FormatException("tensor \"" + name + "\" is missing");
        if (tensor.rank() != 2 || rows >= 0 && tensor.size(0) != rows || columns >= 0 && tensor.size(1) != columns
                || (type == null ? !tensor.dtype().isFloat() : tensor.dtype() != type))
            throw new FormatException("tensor \"" + name + "\" is " + tensor.dtype() + " " + tensor.shape() + "; "
                    + (type == null ? "floats" : type) + " of " + rows + " by " + columns + " were expected");
        return tensor;
    }

    /** The numbers of a layer, as they are packed. */
    private final class Packed {
        final String stem;
        final int inputs, outputs, length, groups, per = 32 / bits, mask = (1 << bits) - 1;
        private final int[] q, z, order;
        private final float[] s;

        Packed(String stem) {
            this.stem = stem;
            var words = file(stem + ".qweight", DType.I32, -1, -1);
            if (words.size(0) < 1 || words.size(1) < 1 || words.size(1) % (awq ? 1 : per) != 0 || words.count() > Integer.MAX_VALUE / per)
                throw new FormatException("tensor \"" + stem + ".qweight\" is " + words.shape() + "; outputs are a multiple of " + per
                        + ", and all weights fewer than 2^31");
            inputs = (int) words.size(0) * (awq ? 1 : per);
            outputs = (int) words.size(1) * (awq ? per : 1);
            length = group == -1 ? inputs : group;
            groups = (inputs - 1) / length + 1;
            q = words.toIntArray();
            z = file(stem + ".qzeros", DType.I32, groups, outputs / per).toIntArray();
            if (older) for (int word : z) checkWhole(word);
            if (oneLess && !older) for (int i = 0; i < z.length; i++) z[i] += Integer.divideUnsigned(-1, mask); // a one in every place
            s = file(stem + ".scales", null, groups, outputs).to(DType.F32).toFloatArray();
            order = awq || !files.containsKey(stem + ".g_idx") ? null : order(files.get(stem + ".g_idx"));
        }

        /** The group of each input; null if they lie side by side. */
        private int[] order(Tensor tensor) {
            int[] order = tensor.dtype() == DType.I32 && tensor.rank() == 1 && tensor.size(0) == inputs ? tensor.toIntArray() : new int[0];
            boolean fits = order.length > 0, plain = true;
            for (int i = 0; i < order.length; i++) {
                fits &= order[i] >= 0 && order[i] < groups;
                plain &= order[i] == i / length;
            }
            if (!fits) throw new FormatException("tensor \"" + stem + ".g_idx\" is " + tensor.dtype() + " " + tensor.shape()
                    + "; it is a list of " + inputs + " groups below " + groups);
            return plain ? null : order;
        }

        int code(int o, int i) {
            return (awq ? q[i * (outputs / per) + o / per] >>> 4 * PLACES[o % 8] : q[i / per * outputs + o] >>> bits * (i % per)) & mask;
        }

        int zero(int o, int g) {
            int kept = z[g * (outputs / per) + o / per] >>> bits * (awq ? PLACES[o % 8] : o % per);
            return kept + (older ? 1 : 0) & mask; // one less than 0 is kept as the largest
        }

        /** A -1 fills all places above its own; that in the highest harms no other. */
        private void checkWhole(int word) {
            for (int place = 0; place < per - 1; place++)
                if (word >> bits * place == -1) throw new FormatException("tensor \"" + stem + ".qzeros\" has the integer "
                        + Integer.toHexString(word) + ": a zero point of 0 in place " + place + " of " + per
                        + " was written over those behind it; quantise the model again, in the format gptq_v2");
        }

        Tensor floats() {
            var w = new float[outputs * inputs];
            for (int o = 0; o < outputs; o++) for (int i = 0; i < inputs; i++) {
                int g = order == null ? i / length : order[i];
                w[o * inputs + i] = s[g * outputs + o] * (code(o, i) - zero(o, g));
            }
            return Tensor.of(w, outputs, inputs);
        }

        GroupedWeight weight() {
            int half = 1 << bits - 1, bytes = (inputs * bits + 7) / 8;
            int[] codes = new int[outputs * bytes], zeros = new int[outputs * groups];
            var scales = new float[outputs * groups];
            for (int o = 0; o < outputs; o++) {
                for (int i = 0; i < inputs; i++) codes[o * bytes + i * bits / 8] |= (code(o, i) - half & mask) << i * bits % 8;
                for (int g = 0; g < groups; g++) {
                    scales[o * groups + g] = s[g * outputs + o];
                    zeros[o * groups + g] = zero(o, g) - half;
                }
            }
            try (var kept = Scope.outside()) {
                return GroupedWeight.stored(bits, length, inputs, Tensor.of(codes, outputs, bytes).to(DType.U8).compute(),
                        Tensor.of(scales, outputs, groups), Tensor.of(zeros, outputs, groups).to(DType.I8).compute());
            }
        }
    }
}
