package lyceum.train.compress;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import lyceum.nn.BasicBlock;
import lyceum.nn.BatchNorm;
import lyceum.nn.Bottleneck;
import lyceum.nn.Conv2d;
import lyceum.nn.ConvLayer;
import lyceum.nn.FeedForward;
import lyceum.nn.GatedFeedForward;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.nn.Mlp;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Residual;
import lyceum.nn.Sequential;
import lyceum.tensor.Tensor;

/**
 * Which channels of a network stand or fall together: those that one layer makes, normalisations carry, residual sums add and others read. Found by
 * walking the modules; where a module is unknown, its own width stays, and known parts inside it are still walked.
 *
 * @see <a href="https://arxiv.org/abs/2301.12900">Fang and others (2023)</a>
 */
final class ChannelGroups {

    /** Channel c of a group is at {@code [c each, (c + 1) each)} of an axis. @param made false where the layer reads the channel */
    record Slice(String name, int axis, int each, boolean made) {}

    /** Channels on their way from those who make them to those who read them. */
    static final class Channels {
        private final String name;
        private final int size;
        private boolean fixed;
        private final List<Slice> slices = new ArrayList<>();
        private Channels joined;

        private Channels(String name, int size, boolean fixed) {
            this.name = name;
            this.size = size;
            this.fixed = fixed;
        }

        private Channels root() { return joined == null ? this : joined.root(); }

        private void add(String tensor, int axis, long length, boolean made) {
            var root = root();
            if (root.size > 0 && length % root.size != 0) throw new IllegalArgumentException(
                    "StructuredPruner: " + tensor + " has " + length + " entries for the " + root.size + " channels of " + root.name);
            root.slices.add(new Slice(tensor, axis, root.size > 0 ? (int) (length / root.size) : 1, made));
        }

        private Channels join(Channels other) {
            Channels a = root(), b = other.root();
            if (a == b) return a;
            if (a.size != b.size) {
                a.fixed = b.fixed = true;
                return a;
            }
            a.slices.addAll(b.slices);
            a.fixed |= b.fixed;
            b.joined = a;
            return a;
        }

        private Channels fix() {
            root().fixed = true;
            return this;
        }

        String name() { return name; }

        int size() { return size; }

        List<Slice> slices() { return slices; }
    }

    private final List<Channels> all = new ArrayList<>();
    private final SequencedMap<String, Tensor> state;
    /** Attention layers by the channels that are their heads. */
    private final Map<Channels, MultiHeadAttention> heads = new LinkedHashMap<>();

    private ChannelGroups(Module model) {
        state = model.state();
        walk(model, "", unknown("input")).fix();
    }

    /** Groups of channels that may go: neither the network's input nor its output. */
    static ChannelGroups of(Module model) { return new ChannelGroups(model); }

    List<Channels> free() { return all.stream().filter(c -> c.joined == null && !c.fixed && c.size > 1).toList(); }

    Map<Channels, MultiHeadAttention> heads() { return heads; }

    private Channels unknown(String name) { return channels(name, 0).fix(); }

    private Channels channels(String name, long size) {
        var channels = new Channels(name, (int) size, false);
        all.add(channels);
        return channels;
    }

    private Channels walk(Layer layer, String name, Channels in) {
        return switch (layer) {
            case null -> in;
            case Sequential net -> {
                for (int i = 0; i < net.layers().size(); i++) in = walk(net.layers().get(i), dot(name, i), in);
                yield in;
            }
            case Linear _ -> weighted(name, in);
            case ConvLayer conv when conv.how().groups() == 1 && conv instanceof Conv2d -> weighted(name, in);
            case BatchNorm _ -> {
                for (var part : List.of("weight", "bias", "running_mean", "running_var")) carry(dot(name, part), in);
                yield in;
            }
            case BasicBlock block -> {
                var mid = walk(part(block, "bn1"), dot(name, "bn1"), walk(part(block, "conv1"), dot(name, "conv1"), in));
                var out = walk(part(block, "bn2"), dot(name, "bn2"), walk(part(block, "conv2"), dot(name, "conv2"), mid));
                yield out.join(walk(part(block, "downsample"), dot(name, "downsample"), in));
            }
            case Bottleneck block -> {
                var out = in;
                for (int i = 1; i <= 3; i++)
                    out = walk(part(block, "bn" + i), dot(name, "bn" + i), walk(part(block, "conv" + i), dot(name, "conv" + i), out));
                yield out.join(walk(part(block, "downsample"), dot(name, "downsample"), in));
            }
            case Residual sum -> residual(sum, name, in);
            case Mlp mlp when !mlp.config().residual() -> mlp(mlp, name, in); // else sums come and go with the widths
            case FeedForward _ -> weighted(dot(name, "fc2"), weighted(dot(name, "fc1"), in));
            case GatedFeedForward _ when state.containsKey(dot(name, "gate_proj.weight")) ->
                    weighted(dot(name, "down_proj"), weighted(dot(name, "gate_proj"), in).join(weighted(dot(name, "up_proj"), in)));
            case MultiHeadAttention attention -> attention(attention, name, in);
            case Module other -> inside(other, name, in);
            default -> in; // activations, dropout, pooling, flattening: channel by channel
        };
    }

    private static Module part(Module module, String name) { return module.modules().get(name); }

    private static String dot(String name, Object part) { return name.isEmpty() ? "" + part : name + "." + part; }

    private void carry(String tensor, Channels in) {
        var t = state.get(tensor);
        if (t != null) in.add(tensor, 0, t.size(0), true);
    }

    /** A layer that reads channels on axis 1 of its weight and makes those of axis 0. */
    private Channels weighted(String name, Channels in) {
        var weight = state.get(dot(name, "weight"));
        in.add(dot(name, "weight"), 1, weight.size(1), false);
        var out = channels(name, weight.size(0));
        out.add(dot(name, "weight"), 0, weight.size(0), true);
        carry(dot(name, "bias"), out);
        return out;
    }

    private Channels residual(Residual sum, String name, Channels in) {
        if (part(sum, "norm") != null) return inside(sum, name, in);
        var branch = part(sum, "branch");
        return (branch == null ? in : walk(branch, dot(name, "branch"), in))
                .join(walk(part(sum, "projection"), dot(name, "projection"), in));
    }

    private Channels mlp(Mlp mlp, String name, Channels in) {
        int last = mlp.layers().size() - 1;
        for (int i = 0; i < last; i++) {
            var out = weighted(dot(name, "layers." + i), in);
            var norm = part(mlp, "norms." + i);
            if (norm != null) out = walk(norm, dot(name, "norms." + i), out);
            in = out;
        }
        return weighted(dot(name, "layers." + last), in);
    }

    /** Heads that share keys are one channel. */
    private Channels attention(MultiHeadAttention attention, String name, Channels in) {
        var out = channels(name, attention.config().keyHeads());
        for (var part : List.of("q_proj", "k_proj", "v_proj")) {
            in.add(dot(name, part + ".weight"), 1, state.get(dot(name, part + ".weight")).size(1), false);
            for (var tensor : List.of(".weight", ".bias")) {
                var t = state.get(dot(name, part + tensor));
                if (t != null) out.add(dot(name, part + tensor), 0, t.size(0), true);
            }
        }
        heads.put(out, attention);
        if (attention.config().positions().isOfHeads()) out.fix();
        return weighted(dot(name, "o_proj"), out);
    }

    /** Widths at the border of an unknown module stay, parts in it are walked as if their inputs were foreign. */
    private Channels inside(Module module, String name, Channels in) {
        in.fix();
        for (var entry : module.modules().entrySet()) {
            var child = entry.getKey();
            if (child.isEmpty() || isCovered(module, child)) continue;
            walk(entry.getValue(), dot(name, child), unknown(child)).fix();
        }
        return unknown(name);
    }

    /** True if a module above it, below {@code module}, is walked as a whole. */
    private static boolean isCovered(Module module, String child) {
        for (int end = child.indexOf('.'); end >= 0; end = child.indexOf('.', end + 1))
            if (module.modules().containsKey(child.substring(0, end))) return true;
        return false;
    }
}
