package lyceum.train.compress;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Supplier;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Sequential;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Removes whole channels, neurons and attention heads: what is left is a smaller dense network.
 *
 * {@snippet :
 * var plan = new StructuredPruner(0.5).plan(model);
 * plan.widths();                                       // {0=16 of 32, 3=32 of 64}
 * Sequential small = plan.shrink(model);               // really smaller
 * Sequential same = plan.masks(model).apply(Module.copy(model));   // equal to it, at full size
 * }
 *
 * <p>Channels are tied through residual sums, batch norms and flattening, and go together; input and output keep their widths, and so do channels that a layer norm or
 * an unknown module sees. Walked are Sequential, Linear, Conv2d without groups, BatchNorm, BasicBlock, Bottleneck, Residual, Mlp without residual sums, FeedForward, GatedFeedForward and MultiHeadAttention
 * (heads with shared keys go together), also where they stand inside other modules. A channel's score is the sum of its makers' weights' scores.
 *
 * @param score of the weights that make a channel
 * @param share of each group's channels that goes, in [0, 1)
 * @param multiple what stays is rounded up to a multiple, as matrix units like it; 1 for none
 * @see <a href="https://arxiv.org/abs/1608.08710">Li and others (2017)</a>
 * @see <a href="https://arxiv.org/abs/2301.12900">Fang and others (2023)</a>
 */
@Withers
public record StructuredPruner(Score score, double share, int multiple) implements StructuredPrunerWithers {
    public StructuredPruner {
        Objects.requireNonNull(score, "score");
        if (!(share >= 0 && share < 1)) throw new IllegalArgumentException("StructuredPruner: share is " + share + "; it lies in [0, 1)");
        if (multiple < 1) throw new IllegalArgumentException("StructuredPruner: multiple is " + multiple + "; at least 1");
    }

    /** By the sum of absolute weights. */
    public StructuredPruner(double share) { this(Score.magnitude(), share, 1); }

    /** By a score that needs no data. */
    public Plan plan(Module model) { return plan(model, List.of()); }

    /** @param losses of batches, computed from the weights as they are at each call */
    public Plan plan(Module model, List<Supplier<Tensor>> losses) {
        var weights = Pruner.weights(model);
        var scores = score.of(weights, losses);
        var groups = ChannelGroups.of(model);
        var kept = new LinkedHashMap<ChannelGroups.Channels, int[]>();
        for (var group : groups.free()) {
            var worth = new double[group.size()];
            for (var slice : group.slices()) {
                var s = scores.get(slice.name());
                if (!slice.made() || s == null) continue;
                double[] sums = s.reshape(s.size(0), -1).to(DType.F64).sum(1).toDoubleArray();
                for (int i = 0; i < sums.length; i++) worth[i / slice.each()] += sums[i];
            }
            int stay = group.size() - (int) Math.rint(share * group.size());
            stay = Math.min(group.size(), Math.max(1, (stay + multiple - 1) / multiple * multiple));
            kept.put(group, best(worth, stay));
        }
        return new Plan(groups, kept);
    }

    private static int[] best(double[] worth, int stay) {
        var order = new ArrayList<Integer>();
        for (int i = 0; i < worth.length; i++) order.add(i);
        order.sort((a, b) -> Double.compare(worth[b], worth[a]));
        return order.subList(0, stay).stream().mapToInt(i -> i).sorted().toArray();
    }

    /** A network without some of its layers, which must keep the shape: residual blocks, say. Its parts are copies. */
    public static Sequential withoutLayers(Sequential model, int... numbers) {
        var copy = Module.copy(model);
        var left = new ArrayList<>(copy.layers());
        var sorted = numbers.clone();
        Arrays.sort(sorted);
        for (int i = sorted.length - 1; i >= 0; i--) left.remove(sorted[i]);
        return new Sequential(left);
    }

    /** Which channels of which groups stay. */
    public static final class Plan {
        private final ChannelGroups groups;
        private final Map<ChannelGroups.Channels, int[]> kept;

        private Plan(ChannelGroups groups, Map<ChannelGroups.Channels, int[]> kept) {
            this.groups = groups;
            this.kept = kept;
        }

        /** Channels that stay, by the first layer that makes them. */
        public SequencedMap<String, int[]> kept() {
            var all = new LinkedHashMap<String, int[]>();
            kept.forEach((group, numbers) -> all.put(group.name(), numbers.clone()));
            return all;
        }

        /** {@code 16 of 32}, by the first layer that makes the channels. */
        public SequencedMap<String, String> widths() {
            var all = new LinkedHashMap<String, String>();
            kept.forEach((group, numbers) -> all.put(group.name(), numbers.length + " of " + group.size()));
            return all;
        }

        /** The same choice at full size: what makes and what reads a removed channel is masked. */
        public Masks masks(Module model) {
            var state = model.state();
            var masks = new LinkedHashMap<String, Tensor>();
            kept.forEach((group, numbers) -> {
                for (var slice : group.slices()) {
                    var t = state.get(slice.name());
                    if (!t.isTracked()) continue; // running statistics of a silent channel
                    var stays = new boolean[(int) t.size(slice.axis())];
                    for (long at : places(numbers, slice.each())) stays[(int) at] = true;
                    var shape = new long[t.rank()];
                    Arrays.fill(shape, 1);
                    shape[slice.axis()] = stays.length;
                    masks.merge(slice.name(), Tensor.of(stays, shape).expand(t.shape().toArray()).compute(), (a, b) -> a.and(b).compute());
                }
            });
            return Masks.of(masks);
        }

        /** A network of its own without the removed channels: same code, smaller tensors. */
        public <M extends Module> M shrink(M model) {
            var state = model.state();
            var values = new LinkedHashMap<String, Tensor>();
            Autograd.noGrad(() -> kept.forEach((group, numbers) -> {
                for (var slice : group.slices()) {
                    var t = values.getOrDefault(slice.name(), state.get(slice.name()).detach());
                    values.put(slice.name(), t.indexSelect(slice.axis(), Tensor.of(places(numbers, slice.each()))).compute());
                }
            }));
            var parts = new IdentityHashMap<Module, Module>();
            kept.forEach((group, numbers) -> {
                if (!groups.heads().containsKey(group)) return;
                var name = group.name();
                var old = (MultiHeadAttention) model.modules().get(name);
                var config = old.config();
                var small = new MultiHeadAttention(
                        config.withKeyHeads(1).withHeads(config.heads() / config.keyHeads() * numbers.length).withKeyHeads(numbers.length),
                        Rng.of(0));
                var tensors = new LinkedHashMap<String, Tensor>();
                small.state().keySet().forEach(part -> {
                    var full = name.isEmpty() ? part : name + "." + part;
                    tensors.put(part, values.getOrDefault(full, state.get(full)));
                });
                small.load(tensors);
                parts.put(old, small);
            });
            return Module.resized(model, values, parts);
        }

        private static long[] places(int[] numbers, int each) {
            var places = new long[numbers.length * each];
            for (int i = 0; i < places.length; i++) places[i] = (long) numbers[i / each] * each + i % each;
            return places;
        }
    }
}
