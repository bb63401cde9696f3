package lyceum.nn;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import lyceum.tensor.Tensor;

/**
 * What looks into a running network and changes what it finds: at the output of every module, under the module's name, and at the points that modules
 * name themselves ({@code layers.0.attention.weights}).
 *
 * {@snippet :
 * var hooks = Hooks.of(model);
 * var seen = hooks.capture("layers.*");                        // filled by the passes that follow
 * var hook = hooks.replace("layers.2", y -> y.mul(0));         // an ablation
 * model.forward(x, Pass.inference().with(hooks));
 * hook.remove();
 * }
 *
 * <p>Captured tensors are those of the pass, with their history where it is recorded. For one thread at a time.
 */
public final class Hooks {
    private final Map<Module, String> names = new IdentityHashMap<>();
    private final List<Hook> hooks = new ArrayList<>();
    private final Stages stages;

    /** Sees a module, or a named point in one, begin and end. */
    interface Stages {
        void begin(String name);

        void end(String name, Tensor output);
    }

    /** Sees a point: its name, what went into the module (null at a point inside one), and what comes out; gives what shall come out. */
    @FunctionalInterface
    public interface Watch {
        Tensor at(String name, Tensor input, Tensor output);
    }

    /** One hook; see {@link #remove}. */
    public final class Hook {
        private final Predicate<String> where;
        private final Watch watch;

        private Hook(Predicate<String> where, Watch watch) {
            this.where = where;
            this.watch = watch;
        }

        /** Takes this hook off. */
        public void remove() { hooks.remove(this); }
    }

    private Hooks(Module root, Stages stages) {
        root.modules().forEach((name, module) -> names.put(module, name));
        this.stages = stages;
    }

    /** None yet. Points are named from {@code root}, whose own output has the empty name. */
    public static Hooks of(Module root) { return new Hooks(root, null); }

    /** Hooks that follow the work without looking into it: layers are fused as without them. */
    static Hooks following(Module root, Stages stages) { return new Hooks(root, stages); }

    boolean isLooking() { return stages == null; }

    private static String name(String module, String point) {
        return point == null ? module : module.isEmpty() ? point : module + "." + point;
    }

    void begin(Module module, String point) {
        var name = names.get(module);
        if (stages != null && name != null) stages.begin(name(name, point));
    }

    /** Calls {@code watch} at each point whose name matches; {@code *} is any text, {@code ?} a character. Hooks at one point run in the order of their making. */
    public Hook on(String glob, Watch watch) {
        var hook = new Hook(Globs.of(glob), watch);
        hooks.add(hook);
        return hook;
    }

    /** What the points that match gave last, by name, in the order in which they are passed. */
    public SequencedMap<String, Tensor> capture(String glob) {
        var seen = new LinkedHashMap<String, Tensor>();
        on(glob, (name, x, y) -> {
            seen.put(name, y);
            return y;
        });
        return seen;
    }

    /** Other values at the points that match. */
    public Hook replace(String glob, UnaryOperator<Tensor> change) { return on(glob, (name, x, y) -> change.apply(y)); }

    boolean wants(Module module, String point) {
        var name = names.get(module);
        return name != null && hooks.stream().anyMatch(h -> h.where.test(name(name, point)));
    }

    Tensor at(Module module, String point, Tensor x, Tensor y) {
        var name = names.get(module);
        if (name == null) return y;
        name = name(name, point);
        if (stages != null) stages.end(name, y);
        for (var hook : List.copyOf(hooks)) if (hook.where.test(name)) y = hook.watch.at(name, x, y);
        return y;
    }
}
