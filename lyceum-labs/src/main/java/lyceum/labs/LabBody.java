package lyceum.labs;

/** What a lab does. The class has a constructor without parameters, holds no state, and may be package-private. */
@FunctionalInterface
public interface LabBody {

    /**
     * Runs the lab: first asks for every parameter, then computes, says, draws and checks.
     *
     * @throws Exception if the lab fails; the run fails with it, and nothing else does
     */
    void run(LabContext lab) throws Exception;
}
