/**
 * The command line: the studio in text. Start from {@link lyceum.studio.cli.LyceumCommand}, which names every command.
 *
 * <p>A command writes its answer to {@link lyceum.studio.cli.Terminal#out} and everything else (progress, hints, errors) to
 * {@link lyceum.studio.cli.Terminal#err}. Exit codes: 0 done, 1 a check does not hold or the run failed, 2 a usage error.
 */
package lyceum.studio.cli;
