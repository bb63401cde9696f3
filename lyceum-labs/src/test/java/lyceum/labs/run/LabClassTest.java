package lyceum.labs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import lyceum.labs.Bounds;
import lyceum.labs.LabException;
import lyceum.labs.LabParameterException;
import lyceum.labs.NumberText;
import lyceum.labs.Parameter;
import org.junit.jupiter.api.Test;

class LabClassTest {

    private static final LabClass GOOD = LabClass.of("lyceum.labs.dummy.GoodLab");

    @Test void describingRunReturnsParametersInOrderWithBounds() {
        assertThat(GOOD.parameters()).containsExactly(new Parameter.Whole("k", 3, 1, 10), new Parameter.Real("alpha", 0.1, 0, 1),
                new Parameter.Choice("kind", "l2", List.of("l1", "l2")), new Parameter.Flag("verbose", false));
        assertThat(GOOD.topics()).containsExactly("k-means", "pca");
        assertThat(GOOD.title()).isEqualTo("A dummy that does everything once");
    }

    @Test void valuesAreReadByKindAndDefaultWhenNotNamed() {
        assertThat(GOOD.values(Map.of("k", "7", "verbose", "on"))).containsExactly(Map.entry("k", 7), Map.entry("alpha", 0.1),
                Map.entry("kind", "l2"), Map.entry("verbose", true));
        assertThat(GOOD.values(Map.of("alpha", "1e-3"))).containsEntry("alpha", 1e-3);
    }

    @Test void unknownParameterIsNamedWithTheKnownOnes() {
        assertThatThrownBy(() -> GOOD.values(Map.of("kk", "7"))).isInstanceOf(LabParameterException.class).hasMessage(
                "there is no parameter 'kk'; this lab has k (between 1 and 10), alpha (between 0 and 1), kind (one of l1, l2), verbose (true or false)")
                .extracting(e -> ((LabParameterException) e).parameter()).isEqualTo("kk");
    }

    @Test void valueOutOfBoundsIsNamedWithItsBounds() {
        assertThatThrownBy(() -> GOOD.values(Map.of("alpha", "1.4"))).isInstanceOf(LabParameterException.class)
                .hasMessage("alpha is 1.4; it lies between 0 and 1");
        assertThatThrownBy(() -> GOOD.values(Map.of("k", "11"))).hasMessage("k is 11; it lies between 1 and 10");
        assertThatThrownBy(() -> GOOD.values(Map.of("alpha", "NaN"))).hasMessage("alpha is NaN; it lies between 0 and 1");
        assertThatThrownBy(() -> GOOD.values(Map.of("kind", "l3"))).hasMessage("kind is 'l3'; it is one of l1, l2");
    }

    @Test void valueThatIsNoNumberIsNamedWithItsBounds() {
        assertThatThrownBy(() -> GOOD.values(Map.of("k", "three"))).isInstanceOf(LabParameterException.class)
                .hasMessage("k is 'three'; it is a whole number between 1 and 10");
        assertThatThrownBy(() -> GOOD.values(Map.of("k", "2.5"))).hasMessage("k is '2.5'; it is a whole number between 1 and 10");
        assertThatThrownBy(() -> GOOD.values(Map.of("k", "99999999999")))
                .hasMessage("k is '99999999999'; it is a whole number between 1 and 10");
        assertThatThrownBy(() -> GOOD.values(Map.of("alpha", ""))).hasMessage("alpha is ''; it is a number between 0 and 1");
        assertThatThrownBy(() -> GOOD.values(Map.of("verbose", "perhaps"))).hasMessage("verbose is 'perhaps'; it is true or false");
    }

    @Test void aLineOfTextIsReadStrippedAndBounded() {
        var echo = LabClass.of("lyceum.labs.dummy.EchoLab");
        assertThat(echo.parameters()).containsExactly(new Parameter.Text("line", "hello there", 20));
        assertThat(echo.values(Map.of())).containsEntry("line", "hello there");
        assertThat(echo.values(Map.of("line", "  a \"quoted\" 漢字 🙂 "))).containsEntry("line", "a \"quoted\" 漢字 🙂");
        for (var wrong : Map.of(" ", "line is empty", "a".repeat(21), "line has 21 characters", "a\nb", "line has a line end", "a\u0000",
                "line has a line end", "\uD83D", "line has a line end").entrySet())
            assertThatThrownBy(() -> echo.values(Map.of("line", wrong.getKey()))).isInstanceOf(LabParameterException.class)
                    .hasMessageStartingWith(wrong.getValue()).hasMessageEndingWith("it is a line of 1 to 20 characters");
        assertThatThrownBy(() -> new Parameter.Text("line", " blank", 20)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Parameter.Text("line", "longer", 3)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void aDrawingIsReadAndNamedWhereItIsNone() {
        var seven = new Parameter.Drawing("digit", " 6,5  21.0,5 ; 12,24", 28);
        assertThat(seven.defaultValue()).isEqualTo("6,5 21,5; 12,24");
        assertThat(seven.parse("")).isEmpty();
        assertThat(seven.parse("0,0 28,28")).isEqualTo("0,0 28,28");
        assertThatThrownBy(() -> seven.parse("1,2 29,3")).isInstanceOf(LabParameterException.class)
                .hasMessage("digit: '29,3' is not a point of the sheet; two numbers from 0 to 28 with a comma between them");
        assertThatThrownBy(() -> seven.parse("1;2")).hasMessageContaining("'1' is not a point");
        assertThatThrownBy(() -> seven.parse("NaN,1")).hasMessageContaining("is not a point");
        assertThatThrownBy(() -> new Parameter.Drawing("digit", "x", 28)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void whatIsNoLabIsRefused() {
        assertThatThrownBy(() -> LabClass.of("lyceum.labs.dummy.Nothing")).isInstanceOf(LabException.class)
                .hasMessage("there is no lab class lyceum.labs.dummy.Nothing");
        assertThatThrownBy(() -> LabClass.of("java.lang.String")).isInstanceOf(LabException.class).hasMessageContaining("is not a lab");
    }

    @Test void boundsReadAsTheyAreChecked() {
        assertThat(Bounds.below(1e-9).expected()).isEqualTo("below 1e-9");
        assertThat(Bounds.between(0.5, 2).expected()).isEqualTo("between 0.5 and 2");
        assertThat(Bounds.equalTo(0.25, 0.01).expected()).isEqualTo("0.25 within 0.01");
        assertThat(Bounds.equalTo(1, 0.1).holds(1.05)).isTrue();
        assertThat(Bounds.equalTo(1, 0.1).holds(1.2)).isFalse();
        assertThat(Bounds.exactly(2).holds(2)).isTrue();
        assertThat(Bounds.atMost(2).holds(2)).isTrue();
        assertThat(Bounds.below(2).holds(2)).isFalse();
        assertThat(Bounds.above(2).holds(2)).isFalse();
        assertThat(Bounds.atLeast(2).holds(2)).isTrue();
        assertThat(Bounds.above(-1).holds(Double.NaN)).isFalse();
        assertThatThrownBy(() -> Bounds.between(2, 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void numbersReadShort() {
        assertThat(List.of(NumberText.of(0.1), NumberText.of(1e-9), NumberText.of(12), NumberText.of(Math.PI), NumberText.of(1.5e12),
                NumberText.of(-2.5e-7), NumberText.of(100_000), NumberText.of(0)))
                .containsExactly("0.1", "1e-9", "12", "3.14159", "1.5e12", "-2.5e-7", "100000", "0");
    }
}
