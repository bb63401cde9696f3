package lyceum.models;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Stream;
import lyceum.nn.Module;

/**
 * Every kind of model there is here, by name: to build one from a file ({@link SavedModel}), to list them, to hold each to the same
 * contract.
 *
 * {@snippet :
 * var names = Architectures.all().keySet();
 * var kind = Architectures.named("VisionTransformer");
 * kind.config().getRecordComponents();                     // what can be set
 * }
 */
public final class Architectures {
    private static final SequencedMap<String, Architecture<?, ?>> ALL = new LinkedHashMap<>();

    static {
        Stream.of(VisionArchitectures.all(), SoundArchitectures.all(), SequenceArchitectures.all(), GraphArchitectures.all(),
                GenerativeArchitectures.all(), LearnedArchitectures.all()).flatMap(List::stream).forEach(kind -> {
                    if (ALL.put(kind.name(), kind) != null) throw new IllegalStateException("two architectures " + kind.name());
                });
    }

    private Architectures() {}

    /** All by name. */
    public static SequencedMap<String, Architecture<?, ?>> all() { return Collections.unmodifiableSequencedMap(ALL); }

    /** @throws IllegalArgumentException if there is none of that name: it lists them */
    public static Architecture<?, ?> named(String name) {
        var found = ALL.get(name);
        if (found == null) throw new IllegalArgumentException("Architectures: \"" + name + "\" is unknown; there are " + ALL.keySet());
        return found;
    }

    /** The one that builds this model from this configuration. @throws IllegalArgumentException if there is none */
    public static Architecture<?, ?> of(Module model, Record config) {
        return ALL.values().stream().filter(a -> a.model() == model.getClass() && a.config() == config.getClass()).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "Architectures: no " + model.getClass().getSimpleName() + " is built from a " + config.getClass().getSimpleName()));
    }
}
