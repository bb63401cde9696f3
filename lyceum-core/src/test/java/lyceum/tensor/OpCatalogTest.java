package lyceum.tensor;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.Map;
import java.util.stream.Stream;
import lyceum.backend.Backend;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;

/** Every operation times every check that applies to it, on both backends. */
class OpCatalogTest {

    @TestFactory Stream<DynamicContainer> valuesOnEveryBackend() {
        return Stream.of("scalar", "vector").map(backend -> dynamicContainer(backend, OpChecks.values().entrySet().stream().map(check -> container(backend, check))));
    }

    @TestFactory Stream<DynamicContainer> gradientsOnEveryBackend() {
        return Stream.of("scalar", "vector").map(backend -> dynamicContainer(backend, OpChecks.gradients().entrySet().stream().map(check -> container(backend, check))));
    }

    private static DynamicContainer container(String backend, Map.Entry<String, OpChecks.Check> check) {
        return dynamicContainer(check.getKey(), OpCatalog.all().stream().filter(op -> check.getValue().applies(op))
                .map(op -> dynamicTest(op.name(), () -> Backend.with(Backend.named(backend), () -> check.getValue().run(op)))));
    }
}
