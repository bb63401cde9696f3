package lyceum.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Executable;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import lyceum.nn.Mlp;
import lyceum.nn.Module;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ArchitecturesTest {
    private static ModelContract<?, ?> contract(Architecture<?, ?> kind) {
        var contract = ModelContract.of(kind);
        return switch (kind.name()) {
            // The queries' own attention begins on zeros, as the paper has it: its first values are biases.
            case "Detr", "MaskTransformer" -> contract.withStill("decoder.0.self_attn.v_proj.weight");
            default -> contract;
        };
    }

    @Test void everyModelKeepsTheContract() {
        var failed = new ArrayList<String>();
        int checks = 0;
        for (var kind : Architectures.all().values()) {
            var contract = contract(kind);
            checks += contract.size();
            failed.addAll(contract.failures());
        }
        assertThat(String.join("\n", failed)).isEmpty();
        assertThat(checks).isGreaterThan(400);
    }

    /** Parts of models, which take the configuration of the whole. */
    private static final Set<String> PARTS = Set.of("ConformerBlock", "DetrLayer", "RwkvBlock", "RwkvTimeMix", "RwkvMatrixMix",
            "MLstmBlock", "SLstmBlock", "AutoregressiveFlow", "Attentive", "Recurrent");
    /** Their configuration is not all that they are made of: they hold networks of other kinds, or functions. */
    private static final Set<String> OVER_OTHERS = Set.of("AutoregressivePainter", "UnifiedModel");

    @Test void everyModelWithAConfigurationIsRegistered() throws Exception {
        var registered = new HashSet<Class<?>>();
        Architectures.all().values().forEach(kind -> registered.add(kind.model()));
        var missing = new ArrayList<String>();
        int models = 0;
        var classes = Path.of(Architectures.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (var files = Files.walk(classes)) {
            for (var file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                var name = classes.relativize(file).toString().replace(".class", "").replace('/', '.');
                if (!name.startsWith("lyceum.models.") || name.endsWith("package-info")) continue;
                var type = Class.forName(name, false, getClass().getClassLoader());
                if (!Module.class.isAssignableFrom(type) || !Modifier.isPublic(type.getModifiers()) || !isConfigured(type)) continue;
                models++;
                if (!registered.contains(type) && !PARTS.contains(type.getSimpleName()) && !OVER_OTHERS.contains(type.getSimpleName()))
                    missing.add(name);
            }
        }
        assertThat(missing).as("models that lyceum.models.Architectures does not list").isEmpty();
        assertThat(models).isGreaterThan(45);
        assertThat(registered).contains(Mlp.class); // of another module
    }

    /** Whether a public constructor, or a static method that makes one, takes a record called Config. */
    private static boolean isConfigured(Class<?> type) {
        var makers = Stream.<Executable>concat(Arrays.stream(type.getConstructors()),
                Arrays.stream(type.getMethods()).filter(m -> Modifier.isStatic(m.getModifiers()) && m.getReturnType() == type));
        return !Modifier.isAbstract(type.getModifiers()) && makers.anyMatch(
                maker -> Arrays.stream(maker.getParameterTypes()).anyMatch(p -> p.isRecord() && p.getSimpleName().endsWith("Config")));
    }

    @Test void anUnknownNameIsRefusedWithThoseThatAre() {
        assertThatThrownBy(() -> Architectures.named("ResNext")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ResNext").hasMessageContaining("ResNet");
    }

    @Test void trainingsOfAllModelsHoldTheirMemory() {
        var runs = Architectures.all().values().stream().map(kind -> contract(kind).training()).toList();
        // What leaks does so each time; slabs that are opened for once stay.
        long grown = Math.min(ModelContract.grows(runs, 3), ModelContract.grows(runs, 3));
        assertThat(ModelContract.leaks(grown)).as("%d bytes in 3 steps of each", grown).isFalse();
    }

    @Test
    @Tag("heavy") void trainingsOf200StepsHoldTheirMemory() {
        var leaking = new ArrayList<String>();
        for (var kind : Architectures.all().values()) {
            long grown = ModelContract.grows(List.of(contract(kind).training()), 200);
            if (ModelContract.leaks(grown)) leaking.add(kind.name() + ": " + grown + " bytes in 200 steps");
        }
        assertThat(leaking).isEmpty();
    }
}
