package lyceum.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class ReadersTest {
    private static final class Work extends Storage.Reader {
        private final boolean done;

        Work(Object what, boolean done) {
            super(what);
            this.done = done;
        }

        @Override protected boolean isDone() { return done; }
    }

    @Test void thoseThatAreDoneAreForgottenThoughTheyAreReachable() {
        var storage = Allocator.allocate(64, null);
        var kept = new ArrayList<Object>();
        for (int i = 0; i < 10_000; i++) {
            var work = new Object();
            kept.add(work);
            storage.addReader(new Work(work, i != 5000));
        }
        var left = storage.takeReaders();
        assertTrue(left.size() < 64, left.size() + " readers are left");
        assertTrue(left.contains(kept.get(5000)));
        assertEquals(0, storage.takeReaders().size());
    }
}
