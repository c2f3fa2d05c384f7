import Testing

@testable import zoo_cli

struct NumberTextTests {
  @Test(arguments: [
    (0.0, "0"), (0.01, "0.01"), (0.00976, "0.0098"), (0.0002, "0.0002"), (9.8e-5, "9.8e-05"), (1e-5, "1e-05"),
    (0.1, "0.1"), (1.0, "1"), (0.0996, "0.1"), (0.25, "0.25"), (12.0, "12"),
  ])
  func rates(value: Double, text: String) { #expect(NumberText.rate(value) == text) }

  @Test(arguments: [(2.3026, "2.303"), (12.345, "12.35"), (345.67, "345.7"), (Double.nan, "nan"), (.infinity, "inf")])
  func losses(value: Double, text: String) { #expect(NumberText.loss(value) == text) }

  @Test(arguments: [(0.8531, "85.31%"), (1, "100.00%"), (0, "0.00%")])
  func percents(value: Double, text: String) { #expect(NumberText.percent(value) == text) }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (61_100_840, "61,100,840"), (-1234, "-1,234")])
  func grouped(value: Int, text: String) { #expect(NumberText.grouped(value) == text) }

  @Test(arguments: [(12, "12"), (9216, "9.22k"), (61_100_840, "61.1M"), (714_188_480, "714M"), (999_600, "1.00M")])
  func short(value: Int, text: String) { #expect(NumberText.short(value) == text) }

  @Test(arguments: [(512, "512 B"), (1536, "1.5 KiB"), (244_403_360, "233 MiB"), (1_717_986_918, "1.6 GiB")])
  func bytes(value: Int, text: String) { #expect(NumberText.bytes(value) == text) }

  @Test(arguments: [
    (7.4, "0:07"), (751, "12:31"), (5025, "1:23:45"), (360_000, "4 d 4 h"), (nil, "?"), (Double.infinity, "?"),
  ])
  func durations(value: Double?, text: String) { #expect(NumberText.duration(value) == text) }
}
