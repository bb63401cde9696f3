package lyceum.progress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ProgressTest {

    @Test void aListenerHearsEachStepInOrder() {
        var heard = new ArrayList<Progress.Update>();
        Progress progress = heard::add;
        progress.step("epoch", 1, 4);
        progress.step("epoch", 2, 4, "loss", 0.5);
        assertThat(heard).extracting(Progress.Update::step).containsExactly(1L, 2L);
        assertThat(heard.get(1).metrics()).isEqualTo(Map.of("loss", 0.5));
        assertThat(heard.get(1).fraction()).isEqualTo(0.5);
    }

    @Test void workStopsAtTheNextStepWhenAsked() {
        var stop = new AtomicBoolean();
        var heard = new ArrayList<Progress.Update>();
        Progress listener = heard::add;
        var progress = listener.stoppedBy(stop::get);
        progress.step("epoch", 1, 4);
        stop.set(true);
        assertThatThrownBy(() -> progress.step("epoch", 2, 4)).isInstanceOf(CancelledException.class)
                .hasMessage("epoch: stopped at step 2 of 4");
        assertThat(heard).hasSize(2);
    }

    @Test void anUnknownTotalHasNoFraction() { assertThat(new Progress.Update("reading", 7, -1, "", Map.of()).fraction()).isNaN(); }
}
