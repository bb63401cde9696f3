package lyceum.nn;

import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;

/** The names that activations go by elsewhere. */
final class ActivationNames {
    /** Without dashes and underscores, beside those of the constants. */
    private static final Map<String, Activation> OTHERS = Map.ofEntries(Map.entry("linear", Activation.IDENTITY),
            Map.entry("none", Activation.IDENTITY), Map.entry("logistic", Activation.SIGMOID), Map.entry("swish", Activation.SILU),
            Map.entry("hardswish", Activation.HARD_SWISH), Map.entry("hardsilu", Activation.HARD_SWISH),
            Map.entry("gelunew", Activation.GELU_TANH), Map.entry("gelufast", Activation.GELU_TANH),
            Map.entry("gelupytorchtanh", Activation.GELU_TANH), Map.entry("gelupython", Activation.GELU), Map.entry("sin", Activation.SINE),
            Map.entry("heaviside", Activation.STEP));
    private static final Map<String, Supplier<Layer>> LAYERS = Map.of("prelu", PRelu::new, "rrelu", RandomizedLeakyRelu::new, "celu",
            () -> Activation.celu(1));

    private ActivationNames() {}

    static Layer of(String name) {
        var plain = plain(name);
        for (var activation : Activation.values()) if (plain(activation.name()).equals(plain)) return activation;
        var other = OTHERS.get(plain);
        if (other != null) return other;
        var layer = LAYERS.get(plain);
        if (layer != null) return layer.get();
        var known = new TreeSet<String>(OTHERS.keySet());
        known.addAll(LAYERS.keySet());
        for (var activation : Activation.values()) known.add(activation.name().toLowerCase(Locale.ROOT));
        throw new IllegalArgumentException("Activation.named: " + name + " is unknown; there are " + known);
    }

    private static String plain(String name) { return name.toLowerCase(Locale.ROOT).replace("_", "").replace("-", ""); }
}
