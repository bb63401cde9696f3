/**
 * Test support for every module: acceptance clauses and what became of them ({@link lyceum.testing.Acceptance}, start there),
 * what their tests measured ({@link lyceum.testing.Evidence}), golden files and the distance from them
 * ({@link lyceum.testing.Golden}, {@link lyceum.testing.Gap}), properties over seeded, shrinking generators
 * ({@link lyceum.testing.Property}), fuzzing of readers ({@link lyceum.testing.Fuzz}), locales and zones
 * ({@link lyceum.testing.LocaleHarness}), forked JVMs ({@link lyceum.testing.ForkedJvm}), and ONNX Runtime in a process of its own
 * ({@link lyceum.testing.OnnxRuntime}).
 *
 * <p>Depends on JUnit and Jackson alone, so that the lowest floor can use it.
 */
package lyceum.testing;
