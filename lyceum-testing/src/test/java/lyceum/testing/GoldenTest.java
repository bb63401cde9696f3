package lyceum.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class GoldenTest {

    private final Golden golden = Golden.load("golden/sample.json");

    @Test void valuesOfEveryKindAreRead() {
        assertThat(golden.doubles("coef")).containsExactly(1, 2.5, Double.NaN, Double.NEGATIVE_INFINITY);
        assertThat(golden.floats("coef")).containsExactly(1f, 2.5f, Float.NaN, Float.NEGATIVE_INFINITY);
        assertThat(golden.matrix("cases.0.x")).isDeepEqualTo(new double[][] {{1, 2}, {3, 4}, {5, 6}});
        assertThat(golden.intMatrix("cases.0.x")).hasDimensions(3, 2);
        assertThat(golden.ints("ids")).containsExactly(1, 2, 3);
        assertThat(golden.longs("ids")).containsExactly(1, 2, 3);
        assertThat(golden.texts("words")).containsExactly("a", "b");
        var first = golden.list("cases").getFirst();
        assertThat(first.integer("k")).isEqualTo(3);
        assertThat(first.number("k")).isEqualTo(3);
        assertThat(first.text("name")).isEqualTo("first");
        assertThat(first.flag("ok")).isTrue();
        assertThat(first.names()).containsExactly("x", "k", "name", "ok");
    }

    @Test void namesWithDotsAndArraysOfAnyRankAreFound() {
        assertThat(golden.doubles("weights.layers.0.bias")).containsExactly(0.5);
        assertThat(golden.at("weights").doubles("layers.0.bias")).containsExactly(0.5);
        assertThat(golden.shape("weights.cube")).containsExactly(2, 1, 2);
        assertThat(golden.flat("weights.cube")).containsExactly(1, 2, 3, 4);
        assertThat(golden.has("weights.cube.1.0.1")).isTrue();
        assertThat(golden.has("weights.cube.2")).isFalse();
    }

    @Test void errorsNameFilePathAndWhatIsThere() {
        assertThatThrownBy(() -> Golden.load("golden/none.json")).isInstanceOf(AssertionError.class)
                .hasMessageContaining("no golden file golden/none.json");
        assertThatThrownBy(() -> golden.doubles("cases.0.y"))
                .hasMessage("golden/sample.json has no cases.0.y; it has reference, coef, cases, weights, ragged, ids, words");
        assertThatThrownBy(() -> golden.doubles("reference")).hasMessage("golden/sample.json:reference is not an array but \"by hand\"");
        assertThatThrownBy(() -> golden.ints("coef")).hasMessage("golden/sample.json:coef.1 is not a whole number but 2.5");
        assertThatThrownBy(() -> golden.shape("ragged")).hasMessageContaining("not an array of equal rows");
        assertThatThrownBy(() -> golden.text("ids")).hasMessage("golden/sample.json:ids is not a text but [1,2,3]");
    }
}
