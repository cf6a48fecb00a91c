//! Authentication methods: phones, SMS sign-in, Temporary Access Passes.
//!
//! Most users have none, so methods are kept beside the users and not in them.

use std::collections::HashMap;

use super::{AccessPass, ObjectIndex, PhoneNumber};

/// The methods of all users.
#[derive(Debug, Default)]
pub(crate) struct Authentication {
    phones: HashMap<ObjectIndex, [Option<PhoneMethod>; 3]>,
    /// Who signs in with a number.
    sms_sign_in: HashMap<String, ObjectIndex>,
    passes: HashMap<ObjectIndex, AccessPass>,
}

/// A phone of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhoneMethod {
    pub(crate) number: PhoneNumber,
    pub(crate) registration: Registration,
}

/// What became of the last try to register a phone for SMS sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Registration {
    /// Never tried, or taken back.
    None,
    /// Another user signs in with the number.
    NumberTaken,
    /// The user signs in with the number, as far as the policy allows.
    Holder,
}

/// What saving a phone came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Saved {
    pub(crate) registration: Registration,
    /// Whether anything is different from before.
    pub(crate) changed: bool,
}

/// A user has at most one phone of each type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhoneType {
    Mobile,
    AlternateMobile,
    Office,
}

impl PhoneType {
    pub(crate) const ALL: [Self; 3] = [Self::Mobile, Self::AlternateMobile, Self::Office];

    /// The value of `phoneType`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::AlternateMobile => "alternateMobile",
            Self::Office => "office",
        }
    }

    /// The id of the method, the same for every user (Graph: phoneAuthenticationMethod).
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Mobile => "3179e48a-750b-4051-897c-87b9720928f7",
            Self::AlternateMobile => "b6332ec1-7057-4abe-9331-3d72feddfe41",
            Self::Office => "e37fc753-ff3b-4958-9484-eaa9425c82bc",
        }
    }

    fn place(self) -> usize {
        self as usize
    }
}

/// The value of `smsSignInState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SmsSignInState {
    /// Not a mobile.
    NotSupported,
    /// The user is outside the SMS policy.
    NotAllowedByPolicy,
    /// The user may sign in with the number and does not.
    NotEnabled,
    /// Another user signs in with the number.
    PhoneNumberNotUnique,
    /// The user signs in with the number.
    Ready,
    /// The tenant sends no text messages.
    NotConfigured,
}

impl SmsSignInState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NotSupported => "notSupported",
            Self::NotAllowedByPolicy => "notAllowedByPolicy",
            Self::NotEnabled => "notEnabled",
            Self::PhoneNumberNotUnique => "phoneNumberNotUnique",
            Self::Ready => "ready",
            Self::NotConfigured => "notConfigured",
        }
    }
}

impl Authentication {
    pub(crate) fn phone(&self, user: ObjectIndex, kind: PhoneType) -> Option<&PhoneMethod> {
        self.phones.get(&user)?.get(kind.place())?.as_ref()
    }

    /// Saves a number, and registers it for SMS sign-in if told to.
    ///
    /// The number is saved whatever becomes of the registration (observed).
    pub(crate) fn save_phone(
        &mut self,
        user: ObjectIndex,
        kind: PhoneType,
        number: PhoneNumber,
        register: bool,
    ) -> Saved {
        let before = self.phone(user, kind);
        let known = before
            .filter(|phone| phone.number == number)
            .map(|phone| phone.registration);
        if let Some(registration) = known
            && (registration == Registration::Holder || !register)
        {
            return Saved {
                registration,
                changed: false,
            };
        }
        self.remove_phone(user, kind);
        let registration = if register {
            self.register(user, &number)
        } else {
            Registration::None
        };
        let phones = self.phones.entry(user).or_default();
        if let Some(phone) = phones.get_mut(kind.place()) {
            *phone = Some(PhoneMethod {
                number,
                registration,
            });
        }
        Saved {
            registration,
            changed: known != Some(registration),
        }
    }

    fn register(&mut self, user: ObjectIndex, number: &PhoneNumber) -> Registration {
        let holder = *self
            .sms_sign_in
            .entry(number.as_str().to_owned())
            .or_insert(user);
        if holder == user {
            Registration::Holder
        } else {
            Registration::NumberTaken
        }
    }

    /// Gives up the registration of a mobile; says whether there was any trace of one.
    pub(crate) fn unregister(&mut self, user: ObjectIndex) -> bool {
        let phones = self.phones.get_mut(&user);
        let mobile = phones.and_then(|phones| phones.get_mut(PhoneType::Mobile.place())?.as_mut());
        let Some(mobile) = mobile else { return false };
        let before = std::mem::replace(&mut mobile.registration, Registration::None);
        if before == Registration::Holder {
            self.sms_sign_in.remove(mobile.number.as_str());
        }
        before != Registration::None
    }

    /// Removes a phone; says whether there was one.
    pub(crate) fn remove_phone(&mut self, user: ObjectIndex, kind: PhoneType) -> bool {
        let phone = self
            .phones
            .get_mut(&user)
            .and_then(|phones| phones.get_mut(kind.place())?.take());
        if let Some(phone) = &phone
            && phone.registration == Registration::Holder
        {
            self.sms_sign_in.remove(phone.number.as_str());
        }
        phone.is_some()
    }

    pub(crate) fn pass(&self, user: ObjectIndex) -> Option<&AccessPass> {
        self.passes.get(&user)
    }

    /// A user has one pass; a new one takes the place of the old (Graph: Temporary Access Pass
    /// how-to).
    pub(crate) fn save_pass(&mut self, user: ObjectIndex, pass: AccessPass) {
        self.passes.insert(user, pass);
    }

    /// Marks a pass as used.
    pub(super) fn use_pass(&mut self, user: ObjectIndex) {
        if let Some(pass) = self.passes.get_mut(&user) {
            pass.used = true;
        }
    }

    pub(crate) fn remove_pass(&mut self, user: ObjectIndex) {
        self.passes.remove(&user);
    }

    /// Drops the methods of a deleted user, but not the claim on the number.
    pub(super) fn forget(&mut self, user: ObjectIndex) {
        self.phones.remove(&user);
        self.passes.remove(&user);
    }
}
