package lyceum.labs.run;

/**
 * A line on a worker's standard input.
 *
 * @param run     the run's id
 * @param request what to run; null asks the worker to stop that run
 * @param reason  why it is to stop
 */
record WorkerCommand(String run, LabRequest request, String reason) {

    static WorkerCommand run(String id, LabRequest request) { return new WorkerCommand(id, request, null); }

    static WorkerCommand stop(String id, String reason) { return new WorkerCommand(id, null, reason); }
}
