package lyceum.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.stream.Stream;
import lyceum.backend.Backend;
import lyceum.backend.Settings;
import lyceum.testing.Golden;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Derivatives where functions have none, or where a formula would give NaN: what the catalogue says, which is what PyTorch does. */
class KinkTest {

    @TestFactory Stream<DynamicContainer> derivativesAreThoseOfTheCatalogue() {
        return Settings.scalarAndDefault().entrySet().stream().map(setting -> dynamicContainer(setting.getKey(),
                OpCatalog.kinks().stream().map(kink -> dynamicTest(kink.name(), () -> Backend.with(setting.getValue(), kink::check)))));
    }

    /** tools/golden/core_kinks.py; it has no second derivative where PyTorch's is not finite. */
    @Test void theCatalogueSaysWhatTorchDoes() {
        int compared = 0;
        for (var golden : Golden.load("golden/kinks.json").list("cases")) {
            var kink = OpCatalog.kinks().stream().filter(k -> k.name().equals(golden.text("name"))).findFirst().orElseThrow();
            assertThat(kink.at()).as(kink.name()).isEqualTo(golden.doubles("input.x"));
            assertThat(kink.slope()).as(kink.name()).containsExactly(golden.doubles("expected.slope"), within(1e-15));
            if (golden.has("expected.bend"))
                assertThat(kink.bend()).as(kink.name()).containsExactly(golden.doubles("expected.bend"), within(1e-15));
            compared++;
        }
        assertThat(compared).isEqualTo(OpCatalog.kinks().size());
    }
}
