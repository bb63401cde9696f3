package lyceum.learn.selection;

import lyceum.progress.Progress;

/** Counts what several threads finish, and reports it one after the other. */
final class Finished {
    private final Progress progress;
    private final String task;
    private final int of;
    private int done;

    Finished(Progress progress, String task, int of) {
        this.progress = progress;
        this.task = task;
        this.of = of;
    }

    synchronized void one() { progress.step(task, ++done, of); }
}
