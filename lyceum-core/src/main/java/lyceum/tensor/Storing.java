package lyceum.tensor;

import java.util.Arrays;
import java.util.List;
import lyceum.backend.Backend;
import lyceum.backend.View;

/** Moving a value into existing memory. */
final class Storing {
    private Storing() {}

    static void copy(Tensor value, View out) {
        if (value.count() > 0) Backend.current().run(ViewOps.copyProgram(value), new View[] {value.view()}, new View[] {out});
    }

    static long[] array(List<Long> sizes) { return sizes.stream().mapToLong(Long::longValue).toArray(); }

    static List<Long> list(long... sizes) { return Arrays.stream(sizes).boxed().toList(); }

    static List<Integer> list(int... axes) { return Arrays.stream(axes).boxed().toList(); }
}
