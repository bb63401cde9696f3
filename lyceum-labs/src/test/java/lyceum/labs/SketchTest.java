package lyceum.labs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Strokes as text and as pixels. */
class SketchTest {
    @Test void whatIsWrittenIsReadAgain() {
        var seven = Sketch.parse(" 6,5 21,5;  12.04,24 ; ; 3,3", 28);
        assertThat(seven.strokes()).hasSize(3);
        assertThat(seven.toString()).isEqualTo("6,5 21,5; 12,24; 3,3");
        assertThat(Sketch.parse(seven.toString(), 28).toString()).isEqualTo(seven.toString());
        assertThat(Sketch.parse("  ", 28).isEmpty()).isTrue();
        assertThatThrownBy(() -> Sketch.parse("1,2,3", 28)).hasMessageContaining("'1,2,3' is not a point");
        assertThatThrownBy(() -> Sketch.parse("1,2 ".repeat(1_000), 28)).hasMessageContaining("at most 3000");
        assertThatThrownBy(() -> Sketch.parse(".5,.5 ".repeat(500), 28)).hasMessageContaining("it has 3999 characters; at most 3000");
    }

    @Test void inkCoversWhatThePenPasses() {
        // a stroke of 40 of a sheet of 100 by a pen of 8.5: a rectangle and two half discs
        var stroke = Sketch.parse("30,50.1 70,50.1", 100);
        double pen = 8.5, area = 40 * pen + Math.PI * pen * pen / 4;
        assertThat(stroke.pixels(50).sum().item()).isCloseTo(area / 4, within(0.02 * area / 4)); // a pixel is 4 of the sheet's units
        assertThat(stroke.pixels(50).get(25, 25).item()).isEqualTo(1);
        assertThat(stroke.pixels(50).get(5, 25).item()).isZero();
        assertThat(Sketch.parse("50,50", 100).pixels(50).sum().item()).isCloseTo(Math.PI * pen * pen / 16, within(1.0));
        assertThat(Sketch.parse("", 100).pixels(8).sum().item()).isZero();
    }

    @Test void aSmallDrawingFillsTheSheet() {
        assertThat(Sketch.parse("2,2 4,6", 28).fitted(4).toString()).isEqualTo("9,4 19,24");
        assertThat(Sketch.parse("5,5", 28).fitted(4).toString()).isEqualTo("14,14");
        assertThat(Sketch.parse("", 28).fitted(4).isEmpty()).isTrue();
    }
}
