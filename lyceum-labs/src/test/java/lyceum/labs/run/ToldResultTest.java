package lyceum.labs.run;

import static lyceum.labs.run.LabRunnerTest.dummy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import lyceum.plot.Figure;
import org.junit.jupiter.api.Test;

class ToldResultTest {

    @Test void figureCrossesThePipeOnceAndTheResultIsWholeBehindIt() {
        var events = new ArrayList<LabEvent>();
        var result = new LabRunner().run(dummy("GoodLab"), events::add);
        assertThat(result.figures()).isNotEmpty();
        var pipe = events.stream().map(ToldResult::bare).map(LabJson::write).toList();
        assertThat(String.join("\n", pipe)).containsOnlyOnce(result.figures().getFirst().text());
        var told = new ToldResult();
        var heard = pipe.stream().map(line -> told.hear(LabJson.read(line, LabEvent.class))).toList();
        assertThat(((LabEvent.Finished) heard.getLast()).result().toJson()).isEqualTo(result.toJson());
    }

    @Test void figureIsTheSameTextOnBothSidesOfAPipe() {
        var figure = FigureJson.of(Figure.line("a", new double[] {1e-300, 0.1, 3}, new double[] {-0.0, 1e22, 12345678.9}));
        assertThat(LabJson.read(LabJson.write(figure), FigureJson.class)).isEqualTo(figure);
        assertThat(LabJson.read(LabJson.write(List.of(figure)), FigureJson[].class)).containsExactly(figure);
        assertThat(figure.figure().title()).isEqualTo("a");
    }

    @Test void secondsHaveThreeDecimals() {
        for (int i = 0; i < 20; i++) {
            assertThat(String.valueOf(new LabRunner().run(dummy("GoodLab"), e -> {}).seconds()))
                    .matches("\\d+\\.\\d{1,3}|\\d\\.\\d{1,2}E-\\d");
        }
    }

    @Test void labThatDrawsWithoutEndFailsBeforeItFillsTheStudio() {
        var drawn = new ArrayList<LabEvent>();
        assertThatThrownBy(() -> new LabRunner().run(dummy("DrawingLab"), drawn::add)).hasMessageContaining("figures and images take")
                .hasMessageContaining("draw fewer points");
        assertThat(drawn.stream().filter(LabEvent.Figure.class::isInstance).mapToLong(e -> ((LabEvent.Figure) e).figure().text().length())
                .sum()).isLessThanOrEqualTo(32L << 20);
    }
}
