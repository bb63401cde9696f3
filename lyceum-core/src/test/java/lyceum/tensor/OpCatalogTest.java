package lyceum.tensor;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.Map;
import java.util.stream.Stream;
import lyceum.backend.Backend;
import lyceum.backend.Settings;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;

/** Every operation times every check that applies to it: values in every setting that this machine has, gradients in the plainest and the default one. */
class OpCatalogTest {

    @TestFactory Stream<DynamicContainer> valuesInEverySetting() { return containers(Settings.all(), OpChecks.values()); }

    @TestFactory Stream<DynamicContainer> gradients() { return containers(Settings.scalarAndDefault(), DerivativeChecks.gradients()); }

    @TestFactory Stream<DynamicContainer> batches() { return containers(Settings.scalarAndDefault(), DerivativeChecks.batches()); }

    private static Stream<DynamicContainer> containers(Map<String, Backend> settings, Map<String, OpChecks.Check> checks) {
        return settings.entrySet().stream().map(setting -> dynamicContainer(setting.getKey(),
                checks.entrySet().stream().map(check -> container(setting.getValue(), check))));
    }

    private static DynamicContainer container(Backend backend, Map.Entry<String, OpChecks.Check> check) {
        return dynamicContainer(check.getKey(), OpCatalog.all().stream().filter(op -> check.getValue().applies(op))
                .map(op -> dynamicTest(op.name(), () -> Backend.with(backend, () -> check.getValue().run(op)))));
    }
}
