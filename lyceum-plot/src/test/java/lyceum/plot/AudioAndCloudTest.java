package lyceum.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayInputStream;
import java.util.List;
import javax.sound.sampled.AudioSystem;
import lyceum.plot.render.Svg;
import lyceum.plot.render.TerminalText;
import lyceum.plot.render.Theme;
import lyceum.plot.render.VegaLite;
import lyceum.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** What is heard and what is turned, and how both read where neither can be. */
class AudioAndCloudTest {
    @Test void aSoundIsAWavFileThatTheJdkReads() throws Exception {
        var sound = Figure.audio("Three samples", 8_000, 0, 1, -2).describedAs("Short.");
        try (var in = AudioSystem.getAudioInputStream(new ByteArrayInputStream(sound.wav()))) {
            assertThat(in.getFormat().getSampleRate()).isEqualTo(8_000);
            assertThat(in.getFormat().getChannels()).isEqualTo(1);
            assertThat(in.readAllBytes()).containsExactly(0, 0, 0xFF, 0x7F, 0x01, 0x80);
        }
        assertThat(Samples.sound().seconds()).isEqualTo(0.5);
        assertThat(Samples.sound().table().rows()).hasSize(100);
        assertThat((double) Samples.sound().table().rows().getFirst().get(3)).isCloseTo(Math.sqrt(0.5), within(0.03));
        assertThat(new TerminalText().draw(Samples.sound())).contains("sound of 0.50 s").contains("time (s)");
        assertThat(Svg.write(Samples.sound(), Theme.LIGHT)).contains("amplitude");
    }

    @Test void aSoundThatCannotBePlayedIsRefused() {
        assertThatThrownBy(() -> Figure.audio("t", 8_000, Double.NaN)).isInstanceOf(FigureException.class)
                .hasMessageContaining("sample 0 is NaN");
        assertThatThrownBy(() -> Figure.audio("t", 10, 0.0)).hasMessageContaining("10 samples a second");
        assertThatThrownBy(() -> new Audio("t", "", 8_000, Numbers.of(0.5))).hasMessageContaining("whole number of 16 bits");
        assertThatThrownBy(() -> Figure.row("both", Samples.sound())).hasMessageContaining("heard or turned");
        assertThatThrownBy(() -> Figure.frames("both", "step", List.of(Samples.cloud()))).hasMessageContaining("heard or turned");
        assertThat(new TerminalText().draw(Figure.audio("silent", 8_000))).contains("sound of 0.00 s");
    }

    private static double[] places(Plot plot) {
        var points = (Layer.Points) plot.layers().getFirst();
        return new double[] {points.x().get(1), points.y().get(1)};
    }

    @Test void aCloudIsSeenFromWhereOneStands() {
        // the middle is the origin, and the point of number 1 lies at (1, 2, 3)
        var cloud = Figure.cloud("two", Tensor.of(new double[][] {{-1, -2, -3}, {1, 2, 3}}));
        assertThat(places(cloud.seen(0, 0))).containsExactly(new double[] {1, 3}, within(1e-12));
        assertThat(places(cloud.seen(0, 90))).containsExactly(new double[] {1, 2}, within(1e-12));
        assertThat(places(cloud.seen(90, 0))).containsExactly(new double[] {-2, 3}, within(1e-12));
        assertThat(places(cloud.seen(180, 0))).containsExactly(new double[] {-1, 3}, within(1e-12));
        assertThat(places(cloud.seen(0, -90))).containsExactly(new double[] {1, -2}, within(1e-12));
        assertThat(cloud.box().radius()).isCloseTo(Math.sqrt(14), within(1e-12));
        for (double far : new double[] {1e-200, 1e200})
            assertThat(Figure.cloud("far", Tensor.of(new double[][] {{-far, 0, 0}, {far, 0, 0}})).box().radius()).isEqualTo(far);
        assertThat(Cloud.edges()).hasDimensions(12, 6);
        assertThat(Figure.cloud("none", Tensor.zeros(0, 3)).box().radius()).isPositive();
        assertThat(Figure.cloud("one", Tensor.of(new double[][] {{5, 5, 5}})).seen(10, 10).layers()).isNotEmpty();
        assertThatThrownBy(() -> Figure.cloud("t", Tensor.zeros(3, 2))).isInstanceOf(FigureException.class).hasMessageContaining("(n, 3)");
        assertThatThrownBy(() -> Figure.cloud("t", Tensor.zeros(2, 3), new int[] {0, 1}, "a"))
                .hasMessageContaining("point 1 is of class 1");
        assertThatThrownBy(() -> Figure.cloud("t", Tensor.zeros(2, 3), new int[] {0, 0})).hasMessageContaining("point 0 is of class 0");
    }

    @Test void aCloudTurnsByTwoParametersAndReadsAsATable() {
        var spec = VegaLite.spec(Samples.cloud());
        assertThat(spec.get("params").get(0).get("name").asString()).isEqualTo("turn");
        assertThat(spec.get("params").get(1).get("bind").get("min").asInt()).isEqualTo(-90);
        assertThat(spec.get("layer").get(1).get("data").get("values")).hasSize(122);
        assertThat(Samples.cloud().table().columns()).containsExactly("series", "x (m)", "y (m)", "height (m)");
        assertThat(Samples.cloud().table().rows()).hasSize(122);
        assertThat(new TerminalText().draw(Samples.cloud())).contains("from the front", "from the side", "from above");
        var evil = new Cloud("t", "", "a'+alert(1)+'", "y", "z", List.of());
        assertThat(VegaLite.spec(evil).findValues("calculate").toString()).doesNotContain("alert");
    }
}
