package lyceum.train.peft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import lyceum.LyceumException;
import lyceum.ShapeException;
import lyceum.nn.Adapter;
import lyceum.nn.KvCache;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.tensor.Tensor;

/**
 * Many tunings over one base: swapped without touching a weight, and mixed within a batch, each row by its own. The base's product is computed once for
 * the whole batch; rows that share a tuning share its products.
 *
 * {@snippet :
 * var registry = new AdapterRegistry(model);
 * registry.add(Peft.load(model, folder, "polite"));
 * registry.add(Peft.load(model, other, "terse"));
 * registry.use("polite");                                                                     // for all passes that say nothing else
 * var y = registry.mixing(List.of("polite", "terse", "", "polite"), () -> model.forward(x));  // 4 rows; "" is the base
 * }
 *
 * <p>Tunings whose prefixes or prompts differ in length, or rows with and without one, cannot share a batch. Passes of several threads may run side by
 * side, each with its own mixture; add and remove between them. Tunings that train the base's own parameters are refused.
 *
 * @see <a href="https://arxiv.org/abs/2311.03285">Sheng et al. (2024): S-LoRA</a>
 */
public final class AdapterRegistry {
    private final Module model;
    private final Map<String, Peft> tunings = new LinkedHashMap<>();
    private final Map<Module, Routed> routes = new IdentityHashMap<>();
    private final ScopedValue<List<String>> mixture = ScopedValue.newInstance();
    private volatile String current = "";

    public AdapterRegistry(Module model) { this.model = model; }

    /** Names of what is held. */
    public Set<String> names() { return new LinkedHashSet<>(tunings.keySet()); }

    /** Takes a tuning over: from now on it acts through this registry alone. Returns this. */
    public AdapterRegistry add(Peft tuning) {
        if (tuning.model() != model) throw new IllegalArgumentException("AdapterRegistry: " + tuning.name() + " belongs to another model");
        if (tunings.containsKey(tuning.name()))
            throw new IllegalArgumentException("AdapterRegistry: there is a " + tuning.name() + " already");
        if (tuning.methods().stream().anyMatch(m -> !m.tuned(model).isEmpty())) throw new IllegalArgumentException(
                "AdapterRegistry: " + tuning.name() + " trains the base's own parameters; rows of one batch share those");
        tuning.detach();
        tunings.put(tuning.name(), tuning);
        for (var piece : tuning.pieces()) {
            var route = routes.get(piece.host());
            if (route == null) {
                route = piece.host() instanceof MultiHeadAttention ? new RoutedPrefix() : new Routed();
                routes.put(piece.host(), route);
                piece.host().attach(route);
            }
            route.adapters.computeIfAbsent(tuning.name(), n -> new ArrayList<>()).add(piece.adapter());
        }
        return this;
    }

    /** Forgets a tuning and gives it back, detached. */
    public Peft remove(String name) {
        var tuning = known(name);
        if (current.equals(name)) current = "";
        tunings.remove(name);
        routes.values().forEach(r -> r.adapters.remove(name));
        return tuning;
    }

    private Peft known(String name) {
        var tuning = tunings.get(name);
        if (tuning == null) throw new LyceumException("AdapterRegistry: there is no \"" + name + "\"; there are " + tunings.keySet());
        return tuning;
    }

    /** The tuning of all passes that do not mix; the empty name for the base. */
    public void use(String name) {
        if (!name.isEmpty()) known(name);
        current = name;
    }

    public String current() { return current; }

    /** Runs passes in which each row of the batch (axis 0) has its own tuning; the empty name is the base. */
    public <T> T mixing(List<String> rows, Supplier<T> passes) {
        for (var name : rows) if (!name.isEmpty()) known(name);
        return ScopedValue.where(mixture, List.copyOf(rows)).call(passes::get);
    }

    private class Routed implements Adapter {
        final Map<String, List<Adapter>> adapters = new HashMap<>();

        List<Adapter> of(String name) { return adapters.getOrDefault(name, List.of()); }

        @Override public Tensor enter(Tensor x, Pass pass) {
            return rowwise(x, x, (name, part, same) -> {
                for (var adapter : of(name)) part = adapter.enter(part, pass);
                return part;
            });
        }

        @Override public Tensor adapt(Tensor x, Tensor y, Pass pass) {
            return rowwise(x, y, (name, in, out) -> {
                for (var adapter : of(name)) out = adapter.adapt(in, out, pass);
                return out;
            });
        }

        Tensor rowwise(Tensor x, Tensor y, Change change) {
            if (!mixture.isBound()) return change.of(current, x, y);
            var rows = mixture.get();
            if (x.size(0) != rows.size() || y.size(0) != rows.size())
                throw new ShapeException("AdapterRegistry: a batch of " + x.size(0) + " rows for a mixture of " + rows.size());
            var groups = new LinkedHashMap<String, List<Integer>>();
            for (int i = 0; i < rows.size(); i++)
                groups.computeIfAbsent(of(rows.get(i)).isEmpty() ? "" : rows.get(i), n -> new ArrayList<>()).add(i);
            if (groups.size() == 1) return change.of(groups.keySet().iterator().next(), x, y);
            var parts = new ArrayList<Tensor>();
            var place = new int[rows.size()];
            int at = 0;
            for (var group : groups.entrySet()) {
                int[] members = group.getValue().stream().mapToInt(Integer::intValue).toArray();
                for (int row : members) place[row] = at++;
                parts.add(change.of(group.getKey(), x.rows(members), y.rows(members)));
            }
            return Tensor.concat(0, parts.toArray(Tensor[]::new)).rows(place);
        }
    }

    private interface Change {
        Tensor of(String name, Tensor x, Tensor y);
    }

    private final class RoutedPrefix extends Routed implements MultiHeadAttention.Prefix {
        @Override public Tensor adapt(Tensor x, Tensor y, Pass pass) { return super.adapt(x, y, pass); }

        private long length(String name) {
            return of(name).stream().mapToLong(a -> a instanceof MultiHeadAttention.Prefix p ? p.length() : 0).sum();
        }

        @Override public long length() {
            if (!mixture.isBound()) return length(current);
            long[] lengths = mixture.get().stream().mapToLong(this::length).distinct().toArray();
            if (lengths.length > 1) throw new IllegalArgumentException(
                    "AdapterRegistry: prefixes of " + Arrays.toString(lengths) + " positions in one batch; they have one length");
            return lengths.length == 0 ? 0 : lengths[0];
        }

        @Override public KvCache.Past before(KvCache.Past past) {
            return new KvCache.Past(rowwise(past.keys(), past.keys(), (name, k, same) -> extended(name, new KvCache.Past(k, k)).keys()),
                    rowwise(past.values(), past.values(), (name, v, same) -> extended(name, new KvCache.Past(v, v)).values()));
        }

        private KvCache.Past extended(String name, KvCache.Past past) {
            for (var adapter : of(name)) if (adapter instanceof MultiHeadAttention.Prefix p) past = p.before(past);
            return past;
        }
    }
}
