package lyceum.memory;

import java.util.ArrayList;
import lyceum.tensor.Tensor;

/** Allocates 4 GiB in blocks of 4 MiB and forgets them, or holds them until refused. */
public final class Churn {
    private Churn() { }

    public static void main(String[] args) {
        var held = new ArrayList<Tensor>();
        for (int i = 0; i < 1000; i++) {
            var tensor = Tensor.ones(1 << 20).compute();
            if (args[0].equals("hold")) held.add(tensor);
        }
        System.out.println("done, holding " + held.size());
    }
}
