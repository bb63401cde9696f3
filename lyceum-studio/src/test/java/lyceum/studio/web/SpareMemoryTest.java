package lyceum.studio.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SpareMemoryTest {
    @Test void isGivenBackOnceAfterMuchWorkAndAgainAfterMore() throws InterruptedException {
        var collections = new Semaphore(0);
        var memory = new SpareMemory(Duration.ofMillis(500), collections::release);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 1000; i++) memory.used();
            assertThat(collections.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
            assertThat(collections.availablePermits()).isZero();
        }
    }
}
