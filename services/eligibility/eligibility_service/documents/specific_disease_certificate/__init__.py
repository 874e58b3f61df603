# SPDX-License-Identifier: Apache-2.0
"""特定疾病療養受療証."""
